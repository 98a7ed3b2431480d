//! Views of Django that are written as classes, and what they let a request reach or fill.
//!
//! In: classes of Python and the models that they name. Out: [`Absence`]s, one rule per public function: records of
//! one user that every other user reaches, a view without the login that its siblings have, a form that takes every
//! field of a model. Deliberately absent: views that are functions, which are routes like any other.
//! Start at [`without_owner`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::source::Origin;
use crate::syntax::form::{Class, Span};

use super::Absence;
use super::binding::PRIVILEGE;
use super::inner::login_for_all;
use crate::candidates::Scene;
use crate::regexes::fixed;

/// Bases whose views change a record.
static WRITES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(^|\.)(UpdateView|DeleteView|ModelViewSet|(Retrieve)?(Update|Destroy)APIView|RetrieveUpdateDestroyAPIView|(Update|Destroy)ModelMixin)$",
    )
});
/// Bases whose views show one record.
static SHOWS: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(^|\.)(DetailView|ReadOnlyModelViewSet|RetrieveAPIView|RetrieveModelMixin)$"));
static MAKES: LazyLock<Regex> = LazyLock::new(|| fixed(r"(^|\.)(CreateView|FormView|CreateAPIView)$"));
/// Classes that turn a request into a model.
static FILLS: LazyLock<Regex> = LazyLock::new(|| fixed(r"(^|\.)(\w*ModelForm|\w*ModelSerializer)$"));
/// The record is picked by who asks, or the class asks by itself.
static PICKS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)(def\s+(get_queryset|get_object|dispatch|filter_queryset|test_func|has_\w*permission|check_\w+|setup|initial|
        perform_(update|destroy)|get_permissions|get_slug_field)\b|UserPassesTest|PermissionRequired|permission_required|
        Owner|Staff|Superuser|AccessMixin)",
    )
});
/// Rights that are no more than to be logged in.
static RIGHTS: LazyLock<Regex> = LazyLock::new(|| fixed(r"permission_classes\s*=\s*[\[(]([^\])]*)[\])]"));
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(LoginRequired|login_required|IsAuthenticated\b|request\.user|test_func|[pP]ermission_?[rR]equired|UserPassesTest)",
    )
});
static LOGIN_BY_DEFAULT: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?s)DEFAULT_PERMISSION_CLASSES.{0,80}permissions\.IsAuthenticated\b"));
/// `model = Booking`, `queryset = Booking.objects.all()`
static OF_MODEL: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?m)^\s+(?:model\s*=\s*(?:\w+\.)*(\w+)[ \t]*(?:\#.*)?$|queryset\s*=\s*(?:\w+\.)*?([A-Z]\w*)\.(?:objects|_default_manager)\b)",
    )
});
/// A field of a model that says whose a record is.
static WHOSE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)\b(?P<field>owner|user|account|customer|patient|client|member|holder|student|employee|author|creator|created_by)\s*=\s*
        models\.(ForeignKey|OneToOneField)\(",
    )
});
/// Whoever wrote something for everybody to read.
const WROTE: [&str; 3] = ["author", "creator", "created_by"];
static EVERY_FIELD: LazyLock<Regex> = LazyLock::new(|| fixed(r#"fields\s*=\s*['"]__all__['"]"#));
static READ_ONLY: LazyLock<Regex> = LazyLock::new(|| fixed(r"(read_only_fields|read_only=True|extra_kwargs)"));
static FIELD: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?m)^\s+(\w+)\s*=\s*models\.\w+\("));
/// Files and folders of pages for few.
static FEW: LazyLock<Regex> = LazyLock::new(|| fixed(r"(?i)(^|/)(\w*admin\w*|backoffice|staff)(\.py$|/)"));

/// All classes of the project that are written in Python.
struct Classes<'a> {
    scene: &'a Scene<'a>,
    by_name: BTreeMap<&'a str, (u32, &'a Class)>,
    all: Vec<(u32, &'a Class)>,
}

impl<'a> Classes<'a> {
    fn of(scene: &'a Scene<'a>) -> Self {
        let mut all = Vec::new();
        for unit in 0..scene.graph.units.len() as u32 {
            let module = scene.module(unit);
            let file = scene.snapshot.file(module.file);
            let own = file.origin == Origin::Own && module.language == "python";
            if own && scene.graph.units[unit as usize].index == 0 {
                all.extend(module.classes.iter().map(|class| (unit, class)));
            }
        }
        let by_name = all.iter().map(|&(unit, class)| (&*class.name, (unit, class))).collect();
        Self { scene, by_name, all }
    }

    fn text(&self, (unit, class): (u32, &Class)) -> &'a str {
        let file = self.scene.snapshot.file(self.scene.file(unit));
        let (from, to) = (class.span.start as usize, class.span.end as usize);
        file.text.get(from..to).unwrap_or_default()
    }

    /// The text of a class with what it inherits from classes of the project, and how its bases are called.
    fn whole(&self, start: (u32, &'a Class)) -> (String, Vec<&'a str>) {
        let (mut text, mut bases) = (String::new(), Vec::new());
        let mut edge = vec![start];
        for _ in 0..4 {
            let mut next = Vec::new();
            for one in edge {
                text.push_str(self.text(one));
                for note in &one.1.annotations {
                    text.push_str(self.scene.text(one.0, note.span));
                }
                for base in &one.1.bases {
                    let last = base.rsplit('.').next().unwrap_or(base);
                    bases.push(last);
                    next.extend(self.by_name.get(last).filter(|known| known.1.span != one.1.span));
                }
            }
            edge = next;
        }
        (text, bases)
    }

    /// The class of a model by the name under which a view speaks of it.
    fn model(&self, text: &str) -> Option<(&'a str, &'a str)> {
        let found = OF_MODEL.captures(text)?;
        let name = found.get(1).or(found.get(2))?.as_str();
        let (name, at) = self.by_name.get_key_value(name)?;
        Some((name, self.text(*at)))
    }

    /// The line of a class that says something; its first one where none does.
    fn place(&self, at: (u32, &Class), what: &Regex) -> Span {
        let text = self.text(at);
        let start = what.find(text).map_or(0, |found| {
            let lead = found.as_str().len() - found.as_str().trim_start().len();
            found.start() + lead
        });
        let line = at.1.span.line + text[..start].matches('\n').count() as u32;
        let start = at.1.span.start + start as u32;
        Span {
            start,
            end: start + 1,
            line,
            last: line,
        }
    }
}

/// Records that belong to somebody are shown to, or changed by, whoever is logged in and knows the key.
pub fn without_owner(scene: &Scene) -> Vec<Absence> {
    let classes = Classes::of(scene);
    let by_default = login_by_default(scene);
    let mut found = Vec::new();
    for &at in &classes.all {
        let (text, bases) = classes.whole(at);
        let any = |kind: &Regex| bases.iter().any(|base| kind.is_match(base));
        let (writes, shows) = (any(&WRITES), any(&SHOWS));
        if !(writes || shows)
            || few(scene, at.0)
            || PICKS.is_match(&text)
            || bases.iter().any(|base| PICKS.is_match(base))
        {
            continue;
        }
        let rights = RIGHTS.captures(&text).map(|rights| rights[1].to_owned());
        let plain = rights.as_ref().is_none_or(|rights| {
            let mut named = rights.split(',').map(str::trim).filter(|name| !name.is_empty());
            named.all(|name| name.ends_with("IsAuthenticated"))
        });
        let known =
            LOGIN.is_match(&text) || bases.iter().any(|base| LOGIN.is_match(base)) || (by_default && rights.is_none());
        let Some((model, fields)) = classes.model(classes.text(at)).filter(|_| plain && known) else {
            continue;
        };
        let whose = |field: &str| writes || !WROTE.contains(&field);
        let mut owners = WHOSE.captures_iter(fields).map(|owner| owner["field"].to_owned());
        let Some(owner) = owners.find(|field| whose(field)) else {
            continue;
        };
        found.push(Absence {
            unit: at.0,
            span: classes.place(at, &OF_MODEL),
            what: format!("{} finds any {model} by its key, whatever its {owner} is", at.1.name),
            weight: 45,
        });
    }
    found
}

/// Views of a file are for who is logged in, and one that changes something is not.
pub fn without_login(scene: &Scene) -> Vec<Absence> {
    let classes = Classes::of(scene);
    if login_for_all(scene, "python") {
        return Vec::new();
    }
    let by_default = login_by_default(scene);
    let mut by_file: BTreeMap<u32, Vec<(u32, &Class)>> = BTreeMap::new();
    let mut with: BTreeMap<u32, usize> = BTreeMap::new();
    for &at in &classes.all {
        let (text, bases) = classes.whole(at);
        let any = |kind: &Regex| bases.iter().any(|base| kind.is_match(base));
        let view = bases
            .iter()
            .any(|base| base.ends_with("View") || base.ends_with("ViewSet"));
        if !view {
            continue;
        }
        let rest = bases
            .iter()
            .any(|base| base.ends_with("APIView") || base.ends_with("ViewSet"));
        let asks = (by_default && rest)
            || LOGIN.is_match(&text)
            || RIGHTS
                .captures(&text)
                .is_some_and(|rights| !rights[1].contains("AllowAny"))
            || PICKS.is_match(&text)
            || bases.iter().any(|base| LOGIN.is_match(base));
        if asks || wrapped(&classes, &at.1.name) {
            *with.entry(at.0).or_default() += 1;
        } else if any(&WRITES) || (any(&MAKES) && classes.model(classes.text(at)).is_some()) {
            by_file.entry(at.0).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for (file, without) in by_file {
        let others = with.get(&file).copied().unwrap_or_default();
        if others < 2 || without.len() > others {
            continue;
        }
        found.extend(without.into_iter().map(|at| Absence {
            unit: at.0,
            span: Span {
                last: at.1.span.line,
                ..at.1.span
            },
            what: format!(
                "{} changes records for anybody; {others} other views of this file ask who is there",
                at.1.name
            ),
            weight: 50,
        }));
    }
    found
}

/// Whether a view is put behind a login where it gets its address.
fn wrapped(classes: &Classes, name: &str) -> bool {
    let call = format!("{name}.as_view(");
    let mut files = classes.scene.snapshot.files().iter();
    files.any(|file| {
        file.path.ends_with(".py")
            && file.text.match_indices(&call).any(|(at, _)| {
                let line = file.text[..at].rfind('\n').map_or(0, |end| end + 1);
                let before = &file.text[line..at];
                before.contains("required(") || before.contains("member(") || before.contains("auth")
            })
    })
}

/// A form or a serializer takes every field of a model, one of which says what somebody may do or owns.
pub fn every_field(scene: &Scene) -> Vec<Absence> {
    let classes = Classes::of(scene);
    let mut found = Vec::new();
    for &at in &classes.all {
        let text = classes.text(at);
        let fills =
            at.1.bases
                .iter()
                .any(|base| FILLS.is_match(base) || WRITES.is_match(base) || MAKES.is_match(base));
        if !fills
            || few(scene, at.0)
            || !EVERY_FIELD.is_match(text)
            || READ_ONLY.is_match(text)
            || only_read(&classes, &at.1.name)
        {
            continue;
        }
        let Some((model, fields)) = classes.model(text) else {
            continue;
        };
        let mut named = FIELD.captures_iter(fields).map(|field| field[1].to_owned());
        let Some(field) = named.find(|field| PRIVILEGE.is_match(field)) else {
            continue;
        };
        found.push(Absence {
            unit: at.0,
            span: classes.place(at, &EVERY_FIELD),
            what: format!(
                "{} takes every field of {model} from the request, {field} among them",
                at.1.name
            ),
            weight: 40,
        });
    }
    found
}

/// Whether everything that uses a serializer only shows with it, or is for few.
fn only_read(classes: &Classes, name: &str) -> bool {
    let mut users = classes
        .all
        .iter()
        .filter(|at| &*at.1.name != name && classes.text(**at).contains(name))
        .peekable();
    users.peek().is_some()
        && users.all(|at| {
            let shows = |base: &str| SHOWS.is_match(base) || base.ends_with("ListAPIView");
            let only = !at.1.bases.is_empty() && at.1.bases.iter().all(|base| shows(base) || !base.contains("View"));
            let views = at.1.bases.iter().any(|base| base.contains("View"));
            few(classes.scene, at.0) || (views && only) || classes.text(*at).contains("IsAdminUser")
        })
}

fn few(scene: &Scene, unit: u32) -> bool {
    FEW.is_match(&scene.snapshot.file(scene.file(unit)).path)
}

fn login_by_default(scene: &Scene) -> bool {
    let mut files = scene.snapshot.files().iter();
    files.any(|file| file.origin == Origin::Own && file.path.ends_with(".py") && LOGIN_BY_DEFAULT.is_match(&file.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_of_views_are_read_off_their_lines() {
        let of = |text: &str| {
            OF_MODEL
                .captures(text)
                .and_then(|found| found.get(1).or(found.get(2)).map(|name| name.as_str().to_owned()))
        };
        assert_eq!(
            of("class A(DetailView):\n    model = Booking\n"),
            Some("Booking".to_owned())
        );
        assert_eq!(
            of("class A:\n    queryset = models.Car.objects.all()\n"),
            Some("Car".to_owned())
        );
        assert_eq!(of("class A:\n    models = x\n"), None);
    }

    #[test]
    fn views_that_pick_their_records_are_known() {
        assert!(PICKS.is_match("def get_queryset(self):") && PICKS.is_match("IsOwnerOrReadOnly"));
        assert!(!PICKS.is_match("def get_context_data(self):"));
    }
}
