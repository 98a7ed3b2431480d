//! Every language's modules come back as they were, and nothing hostile comes back at all.

use super::*;
use crate::source::Snapshot;
use crate::syntax::{Forest, Limits, News, parse, parse_news};

const BUILD: &str = "b";

/// One file of each language: the examples of the cards.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for card in crate::cards::all() {
        for (at, example) in card.sections.vulnerable.iter().chain(&card.sections.safe).enumerate() {
            let extension = languages::extensions().iter().copied().find(|extension| {
                let path = format!("x.{extension}");
                languages::row_of(&path, b"").is_some_and(|row| row.name == example.language)
            });
            let path = format!("{}/{at}.{}", card.id, extension.unwrap_or("txt"));
            files.push((path, example.code.clone()));
        }
    }
    assert!(files.len() > 300, "{}", files.len());
    files
}

fn pack(records: &[Vec<u8>]) -> Vec<u8> {
    [&[heading(BUILD)], records].concat().concat()
}

fn look(snapshot: &Snapshot, pack: &[u8]) -> (Forest, News) {
    let known = Known::read(pack, BUILD).expect("a whole pack");
    parse_news(snapshot.files(), &Limits::default(), Some(&known))
}

/// Numbers without a seed from elsewhere: xorshift.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state as usize
}

#[test]
fn what_was_kept_is_what_is_parsed_whatever_is_edited() {
    let mut files = files();
    let (_, news) = look(&Snapshot::of_texts(files.clone()), b"");
    let mut records = news.records;
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for round in 0..20 {
        for _ in 0..3 {
            let at = random(&mut state) % files.len();
            let (path, text) = &mut files[at];
            let lines: Vec<&str> = text.lines().collect();
            let line = random(&mut state) % lines.len().max(1);
            match random(&mut state) % 4 {
                0 => {
                    *text = [&lines[..line], &lines[(line + 1).min(lines.len())..]]
                        .concat()
                        .join("\n")
                }
                1 => {
                    *text = [&lines[..=line.min(lines.len() - 1)], &lines[line..]]
                        .concat()
                        .join("\n")
                }
                2 => *text += "\nvalue = 3\n",
                _ => *path = format!("moved/{round}-{path}"),
            }
        }
        let snapshot = Snapshot::of_texts(files.clone());
        let (warm, news) = look(&snapshot, &pack(&records));
        let cold = parse(snapshot.files(), &Limits::default());
        assert_eq!(warm.modules.len(), cold.modules.len());
        for (warm, cold) in warm.modules.iter().zip(&cold.modules) {
            assert_eq!(format!("{warm:?}"), format!("{cold:?}"));
        }
        assert_eq!((warm.lines, warm.problems), (cold.lines, cold.problems));
        assert!(
            news.records.len() <= 3 && news.used > 0 && !news.broken,
            "{}",
            news.records.len()
        );
        records.extend(news.records);
    }
}

#[test]
fn a_changed_bit_is_noticed_and_costs_nothing_but_the_time_to_parse() {
    let files = files();
    let snapshot = Snapshot::of_texts(files);
    let (cold, news) = look(&snapshot, b"");
    let whole = pack(&news.records);
    let mut state = 7;
    for _ in 0..40 {
        let mut bytes = whole.clone();
        let at = heading(BUILD).len() + random(&mut state) % (bytes.len() - heading(BUILD).len());
        bytes[at] ^= 1 << (random(&mut state) % 8);
        let Some(known) = Known::read(&bytes, BUILD) else {
            continue;
        };
        let (warm, news) = parse_news(snapshot.files(), &Limits::default(), Some(&known));
        assert!(news.broken || !news.records.is_empty(), "byte {at}");
        assert_eq!(format!("{:?}", warm.modules), format!("{:?}", cold.modules));
    }
    assert!(Known::read(&whole[..whole.len() - 1], BUILD).is_none(), "cut short");
}

#[test]
fn another_build_knows_nothing_of_a_pack() {
    let snapshot = Snapshot::of_texts(files());
    let (_, news) = look(&snapshot, b"");
    let known = Known::read(&[], "other").expect("nothing is whole");
    assert_eq!(known.size, 0);
    assert_eq!(
        Known::read(&pack(&news.records), "other").expect("another one's").size,
        0
    );
}

/// On a stack as parsing has it.
fn deep(work: fn()) {
    let thread = std::thread::Builder::new().stack_size(crate::syntax::STACK_BYTES);
    thread.spawn(work).unwrap().join().unwrap();
}

#[test]
fn hostile_bytes_with_a_true_digest_give_no_module_or_one_that_points_nowhere_outside() {
    deep(hostile);
}

fn hostile() {
    let snapshot = Snapshot::of_texts(files());
    let mut state = 3;
    let mut accepted = 0;
    for file in snapshot.files().iter().step_by(9) {
        let Some(module) = crate::syntax::parse_file(file) else {
            continue;
        };
        let body = bytes::encode(&module).expect("of ordinary depth");
        for _ in 0..50 {
            let mut body = body.clone();
            for _ in 0..=random(&mut state) % 3 {
                let at = random(&mut state) % body.len();
                body[at] = random(&mut state) as u8;
            }
            body.truncate(body.len() - random(&mut state) % 2);
            let Some(module) = bytes::decode(&body, file.id, "python") else {
                continue;
            };
            accepted += 1;
            assert!(!module.functions.is_empty());
            for (at, function) in module.functions.iter().enumerate() {
                assert!(function.class.is_none_or(|class| class < module.classes.len()));
                assert!(function.parent.is_none_or(|parent| parent < at));
            }
        }
    }
    assert!(accepted > 0, "some changes are to texts and places alone");
    let file = snapshot.files()[0].id;
    assert!(bytes::decode(&blocks(100), file, "python").is_some());
    assert!(bytes::decode(&blocks(1_000_000), file, "python").is_none());
}

/// A module of one function without a name, whose body is that many blocks inside each other.
fn blocks(levels: usize) -> Vec<u8> {
    let (texts, module) = ([1, 0], [1, 0, 0]);
    let function = [0; 12];
    let (block, empty) = ([1, 0, 0, 0, 0, 11].repeat(levels), [0]);
    let (public, partial) = ([1], [0]);
    [&texts[..], &module, &function, &block, &empty, &public, &partial].concat()
}
