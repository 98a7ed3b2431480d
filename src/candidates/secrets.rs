//! What a secret looks like where it is written down, and what stands in for one.
//!
//! In: values of configuration files. Out: whether one is a secret itself: no reference to another place, no placeholder,
//! no hash, and for [`Secret::Shape`] mixed as no word is. Start at [`is_secret`].

use std::sync::LazyLock;

use regex::Regex;

use super::literal::{entropy, placeholder};
use crate::cards::Secret;
use crate::regexes::fixed;

/// Values that are looked up somewhere when they are needed, or that are filled in before.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"\$\{|\$\(|\{\{|<%|%env\(|%\(|#\{|^\$[A-Za-z_]|^%[A-Za-z_]\w*%$|^@[\w.@-]+@?$|^__\w+__$|<[\w -]+>|",
        r"(?i)^(enc[\(\[]|vault[:/]|secret[:/]|file:|ref:|env:|arn:|op://|ssm:|kms:|sops:|aws-?secret|secretsmanager|projects/|\$__|!)|",
        r"/run/secrets|\.(pem|key|crt|txt|json|ya?ml)$",
    ))
});
/// Passwords that were hashed, and keys that everybody may know.
static HASH: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"^(\$(2[abxy]?|argon2\w*|pbkdf2|scrypt|[156y])\$|\{[a-zA-Z0-9]+\}|sha(1|256|384|512)[:$-]|md5[:$-]|pbkdf2|scrypt:|argon2|ssh-(rsa|ed25519) |-----BEGIN (CERTIFICATE|PUBLIC))",
    )
});
/// Words that every reader of manuals has seen in the place of a password.
static COMMON: LazyLock<Regex> = LazyLock::new(|| {
    fixed(concat!(
        r"(?i)^(my|the|super|very|some|db|app|default|local|dev|prod)?[_-]?(admin|root|user|guest|postgres(ql)?|mysql|mariadb|mongo(db)?|redis|",
        r"rabbitmq|minio(admin)?|elastic|sa|oracle|pass|passwd|password|passw0rd|p@ssw(0|o)rd|secret|changeit|welcome|qwerty|letmein|",
        r"key|token|abc|foo|bar|demo|development|production|docker|keycloak|grafana|spring|laravel|symfony|django|rails)+[_-]?(pass|pw|pwd|key)?[\d!@#._-]*$|",
        r"^[\d-]+$|^([A-Za-z0-9])\w{0,3}$|(?i)1234|abcd|insecure|unsafe|not-?(so-?)?(a-?)?secret|this-?(is|should|must)|do-?not|generate|",
        r"(?i)^(true|false|yes|no|on|off|null|nil|none|auto|default|optional|required|enabled|disabled|bearer|basic)$",
    ))
});

/// Whether what `name` is given is a secret itself.
pub fn is_secret(name: &str, value: &str, kind: Secret) -> bool {
    let value = value.trim();
    if value.len() < 4 || REFERENCE.is_match(value) || HASH.is_match(value) {
        return false;
    }
    match kind {
        Secret::Text => !value.contains(char::is_whitespace) && !placeholder(name, value),
        Secret::Shape => value.contains("PRIVATE KEY") || shaped(name, value),
    }
}

/// Letters with digits or signs between them, long enough, and nothing that people write for want of a secret.
fn shaped(name: &str, value: &str) -> bool {
    let has = |test: fn(char) -> bool| value.chars().any(test);
    let letters = has(|c| c.is_ascii_lowercase()) as u8 + has(|c| c.is_ascii_uppercase()) as u8;
    let digits = has(|c| c.is_ascii_digit());
    let signs = value
        .chars()
        .any(|c| c.is_ascii_punctuation() && !matches!(c, '.' | '/' | ':' | ',' | '_' | '-'));
    let mixed = letters > 0 && (digits || (letters == 2 && signs));
    let plain = value.contains(char::is_whitespace) || value.contains("://") || COMMON.is_match(value);
    (8..=400).contains(&value.len()) && mixed && !plain && entropy(value) > 2.5 && !placeholder(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_what_stands_for_them() {
        for value in [
            "Kr4ken!Tide_77",
            "9a4f2c8d3b7a1e6f0c5d",
            "h8sLq2vVxe",
            "0rchid*Gate*5",
            "Dune-1984-bLue",
        ] {
            assert!(is_secret("password", value, Secret::Shape), "{value}");
        }
        for value in [
            "",
            "${DB_PASSWORD}",
            "{{ vault.password }}",
            "$DB_PASSWORD",
            "%env(APP_SECRET)%",
            "<%= ENV['X1'] %>",
            "changeme123",
            "admin123",
            "Password123!",
            "postgres",
            "your-secret-1",
            "$2y$10$wHq3p0m2Zb8fQJ1Qv9q0Iu4k7m6Yp0n",
            "{bcrypt}$2a$10$abcdefgh",
            "/run/secrets/db1",
            "ENC(G6N718UuyPE5bHyWKyuLQSm02auQPUtm)",
            "a long sentence with 1 number",
            "true",
            "12345678",
        ] {
            assert!(!is_secret("password", value, Secret::Shape), "{value}");
        }
        assert!(is_secret("password", "plumber", Secret::Text));
        assert!(!is_secret("password", "${X}", Secret::Text));
    }
}
