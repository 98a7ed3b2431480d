//! Full text over functions, in memory: the only file that knows the search library.
//!
//! In: functions with their names, paths and texts. Out: [`FullText`], which ranks functions by BM25.
//! Deliberately absent: stored text (the snapshot has it), positions (no phrase is ever asked for), threads and merges:
//! there is exactly one segment, written by the calling thread, so that ranks cannot depend on timing.
//! Start at [`Writer`].

use std::collections::BTreeMap;

use tantivy::collector::TopDocs;
use tantivy::directory::RamDirectory;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::store::Compressor;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};
use tantivy::{IndexBuilder, IndexSettings, ReloadPolicy, Searcher, SingleSegmentIndexWriter, TantivyDocument, Term};

use super::{FunctionRef, tokens};
use crate::problem::{Exit, Fatal};

const TOKENIZER: &str = "code";
/// Memory the library may use before it would open another segment, in bytes; with one segment only a size to start at.
const BUDGET: usize = 16 << 20;
/// Most different words of a query that are looked up; the first ones count.
const QUERY_WORDS: usize = 64;
/// A word in a function's name says more than one in its body.
const NAME_BOOST: f32 = 2.0;
const PATH_BOOST: f32 = 0.5;

#[derive(Clone, Copy)]
struct Fields {
    name: Field,
    path: Field,
    body: Field,
}

pub(super) struct Writer {
    writer: SingleSegmentIndexWriter,
    fields: Fields,
    functions: Vec<FunctionRef>,
}

pub(super) struct FullText {
    searcher: Searcher,
    fields: Fields,
    /// By document number, which is the order of adding.
    functions: Vec<FunctionRef>,
}

impl Writer {
    pub(super) fn new() -> Result<Self, Fatal> {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqs);
        let options = TextOptions::default().set_indexing_options(indexing);
        let mut field = |name| schema.add_text_field(name, options.clone());
        let fields = Fields {
            name: field("name"),
            path: field("path"),
            body: field("body"),
        };
        let manager = TokenizerManager::new();
        manager.register(TOKENIZER, Words::default());
        let settings = IndexSettings {
            docstore_compression: Compressor::None,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let writer = IndexBuilder::new()
            .schema(schema.build())
            .settings(settings)
            .tokenizers(manager)
            .single_segment_index_writer(RamDirectory::create(), BUDGET)
            .map_err(failed)?;
        Ok(Self {
            writer,
            fields,
            functions: Vec::new(),
        })
    }

    pub(super) fn add(&mut self, function: FunctionRef, name: &str, path: &str, body: &str) -> Result<(), Fatal> {
        let mut document = TantivyDocument::new();
        document.add_text(self.fields.name, name);
        document.add_text(self.fields.path, path);
        document.add_text(self.fields.body, body);
        self.functions.push(function);
        self.writer.add_document(document).map_err(failed)
    }

    pub(super) fn finish(self) -> Result<FullText, Fatal> {
        let index = self.writer.finalize().map_err(failed)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(failed)?;
        let reader: tantivy::IndexReader = reader;
        Ok(FullText {
            searcher: reader.searcher(),
            fields: self.fields,
            functions: self.functions,
        })
    }
}

fn failed(error: tantivy::TantivyError) -> Fatal {
    Fatal::new(
        Exit::Incomplete,
        "cannot build the search index",
        "scan a smaller tree or give the reader more memory",
    )
    .because(error)
}

impl FullText {
    pub(super) fn search(&self, text: &str, k: usize) -> Vec<(FunctionRef, f32)> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        tokens::words(text, &mut |word| {
            let next = seen.len();
            if next < QUERY_WORDS {
                seen.entry(word.to_string()).or_insert(next);
            }
        });
        if seen.is_empty() || k == 0 || self.functions.is_empty() {
            return Vec::new();
        }
        let query = BooleanQuery::new(seen.keys().flat_map(|word| self.clauses(word)).collect());
        // Equal scores stand in order of document numbers, which is the order of path and appearance.
        let top = TopDocs::with_limit(k.min(self.functions.len())).order_by_score();
        let found = self
            .searcher
            .search(&query, &top)
            .expect("an index held in memory can be read");
        found
            .into_iter()
            .map(|(score, at)| (self.functions[at.doc_id as usize], score))
            .collect()
    }

    fn clauses(&self, word: &str) -> [(Occur, Box<dyn Query>); 3] {
        let weighted = [
            (self.fields.name, NAME_BOOST),
            (self.fields.path, PATH_BOOST),
            (self.fields.body, 1.0),
        ];
        weighted.map(|(field, boost)| {
            let term = TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs);
            (
                Occur::Should,
                Box::new(BoostQuery::new(Box::new(term), boost)) as Box<dyn Query>,
            )
        })
    }
}

/// [`tokens::words`] in the shape that the library asks for.
#[derive(Clone, Default)]
struct Words {
    token: Token,
}

struct Stream<'a> {
    /// All words of the text, each ended by a line break.
    words: String,
    next: usize,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.token.reset();
        let mut words = String::with_capacity(text.len());
        tokens::words(text, &mut |word| {
            words.push_str(word);
            words.push('\n');
        });
        Stream {
            words,
            next: 0,
            token: &mut self.token,
        }
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some((word, _)) = self.words[self.next..].split_once('\n') else {
            return false;
        };
        self.token.text.clear();
        self.token.text.push_str(word);
        self.token.position = self.token.position.wrapping_add(1);
        self.next += word.len() + 1;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
