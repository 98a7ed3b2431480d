//! Which files are configuration that decides whether code is safe: what is on, what is exposed, which versions.
//!
//! In: a path. Out: what it is to be read as. Notations that also hold data (JSON first) are read only under names that
//! configuration has. Deliberately absent: content; `syntax` tells which notation a file is in. Start at [`kind`].

use std::sync::LazyLock;

use regex::Regex;

use crate::regexes::fixed;

/// Largest file of configuration that is read, in bytes: what is larger is data in the same notation.
pub(super) const BYTES: u64 = 256 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Settings,
    /// Versions that a tool wrote down: thousands of lines, and nothing that anybody decided.
    Lock,
    Other,
}

/// Whole names, those that start with a dot among them.
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"^(\.env(\.[\w.-]+)?|\.flaskenv|\.htaccess|\.npmrc|\.pypirc|\.gitlab-ci\.yml|Pipfile|go\.mod|requirements\.txt|",
        r"build\.gradle(\.kts)?|(?i:(docker|container)file([._-][\w.-]+)?)|redis\.conf)$",
    ))
});
const EXTENSIONS: [&str; 17] = [
    "properties",
    "yml",
    "yaml",
    "toml",
    "xml",
    "env",
    "ini",
    "cfg",
    "cnf",
    "conf",
    "config",
    "nginx",
    "sql",
    "graphql",
    "graphqls",
    "gql",
    "dockerfile",
];
/// JSON is data wherever its name does not say otherwise.
static JSON: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?i)(^|[._-])(app)?(settings|config|conf|configuration|secrets?|credentials?|service-?account|policy|cors|firebase|",
        r"default|production|staging|database|package|tsconfig|host|serverless|swagger-config)([._-][\w-]+)?\.jsonc?5?$",
    ))
});
static LOCK: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)^(package-lock|npm-shrinkwrap|composer|packages)(\.lock)?\.json$|^pnpm-lock\.ya?ml$|(^|[.-])lock(file)?\.(json|ya?ml|toml)$|\.lock$|^verification-metadata\.xml$",
    )
});

fn regex(pattern: &str) -> Regex {
    fixed(pattern)
}

pub(super) fn kind(name: &str) -> Kind {
    let extension = name
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension)
        .to_ascii_lowercase();
    let json = matches!(&*extension, "json" | "jsonc" | "json5");
    if LOCK.is_match(name) {
        Kind::Lock
    } else if NAMES.is_match(name) || EXTENSIONS.contains(&&*extension) || (json && JSON.is_match(name)) {
        Kind::Settings
    } else {
        Kind::Other
    }
}

/// Hidden folders in which a project keeps configuration that runs.
pub(super) fn is_folder(prefix: &str, name: &str) -> bool {
    name == ".github" || (prefix.ends_with(".github/") && matches!(name, "workflows" | "actions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_is_told_from_data_and_locks() {
        let settings = [
            ".env",
            ".env.production",
            "application-prod.yml",
            "appsettings.Production.json",
            "config.json",
            "web.config",
            "Dockerfile",
            "api.Dockerfile",
            "Dockerfile.prod",
            "nginx.conf",
            "schema.sql",
            "a.graphql",
            "app.config.json",
            "service-account.json",
            "package.json",
            "bucket-policy.json",
        ];
        for name in settings {
            assert_eq!(kind(name), Kind::Settings, "{name}");
        }
        for name in [
            "package-lock.json",
            "pnpm-lock.yaml",
            "Cargo.lock",
            "composer.lock",
            "poetry.lock",
        ] {
            assert_eq!(kind(name), Kind::Lock, "{name}");
        }
        for name in ["en.json", "countries.json", "a.txt", "environment.md", "dockerfiles.md"] {
            assert_eq!(kind(name), Kind::Other, "{name}");
        }
    }
}
