//! Controls that do not stand at a route: in what it calls, and in what the whole program sets up once.
//!
//! In: routes, and the functions of the project that they call. Out: whether one of those asks who is there and can
//! refuse; whether everything is behind a login, or behind a limit, unless it says otherwise. Deliberately absent: what
//! such a function decides. Start at [`asks_inside`].

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::candidates::Scene;
use crate::flow::Entry;
use crate::regexes::fixed;
use crate::source::Origin;

/// How far calls are followed, and how many functions are looked at for one route.
const DEEP: usize = 3;
const MOST: usize = 60;

/// Text that looks at who asks, or at what that one may see.
static WHO: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        (request\.user|req\.user|ctx\.user|current_?[uU]ser|currentUser|get_?[uU]ser_?[iI]d\(|[gG]et(User)?Principal|
        [iI]s_?[aA]dmin|[pP]ermission|[aA]ccess_?[cC]ontrol|[aA]uthori[sz]|[cC]heck_?([aA]ccess|[uU]ser|[aA]dmin|[oO]wner)|
        [cC]an_?([vV]iew|[eE]dit|[aA]ccess|[rR]ead|[wW]rite|[dD]elete|[uU]pdate|[mM]anage)|[vV]isible_?([tT]o|[bB]y|[fF]or)|
        [aA]ccessible_?[bB]y|viewable_by|owned_by|owner\s*=|scopes?\(\s*['\x22]visible|[lL]ogin_?[rR]equired|
        [sS]ecurityContext|\$_SESSION|session\[|policy_scope)",
    )
});
/// Text that sends somebody away.
static REFUSES: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?i)(\braise\b|\bthrow\b|abort|forbidden|denied|unauthori[sz]ed|not_?found|\b40[134]\b|or_?fail|redirect|http404|return\s+(false|null|none|nil|err))",
    )
});

/// Everything is behind a login unless it says otherwise.
static ALL_BEHIND_LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        (any(Request|Exchange)\(\)\s*\.\s*(authenticated|has|access|fullyAuth)|FallbackPolicy\s*=|
        LoginRequiredMiddleware|RequireAuthenticatedUser\(\)\.Build|MapControllers\(\)\s*\.\s*RequireAuthorization|
        (?s:implements\s+ContainerRequestFilter\b.{0,6000}(Unauthori[sz]ed|UNAUTHORIZED|abortWith)))",
    )
});
/// Everything is behind a limit.
static ALL_BEHIND_LIMIT: LazyLock<Regex> = LazyLock::new(|| {
    fixed(
        r"(?x)
        (UseRateLimiter\(|IpRateLimit|ClientRateLimit|Rack::Attack|AxesMiddleware|'axes'|\x22axes\x22|DEFAULT_THROTTLE|
        GlobalLimiter|['\x22]throttle:|RateLimitInterceptor|RateLimitFilter|ThrottlerGuard|
        \.(use|register)\(\s*(rate_?[lL]imit\w*|limiter|slowDown)\b|\.(wrap|layer)\(\s*[^()]{0,30}(rate_?limit|[gG]overnor))",
    )
});
/// Files of settings in which such a thing stands without being code.
const SET_UP: usize = 400_000;

/// Whether a function of the project that the route calls asks who is there and can refuse.
pub fn asks_inside(scene: &Scene, entry: &Entry) -> bool {
    let mut seen = BTreeSet::from([entry.unit]);
    let mut edge = vec![entry.unit];
    let (mut asks, mut refuses) = (false, false);
    for depth in 0..=DEEP {
        let mut next = Vec::new();
        for unit in edge {
            let text = scene.text(unit, scene.graph.units[unit as usize].span);
            asks |= depth > 0 && WHO.is_match(text);
            refuses |= REFUSES.is_match(text);
            if asks && refuses {
                return true;
            }
            let called = scene.graph.callees(unit).map(|call| call.to);
            next.extend(called.filter(|to| seen.len() < MOST && seen.insert(*to)));
        }
        edge = next;
    }
    false
}

/// Whether the program puts everything written in this language behind a login at one place.
pub fn login_for_all(scene: &Scene, language: &str) -> bool {
    set_up(scene, language, &ALL_BEHIND_LOGIN)
}

/// Whether the program limits how often anything may be asked, at one place.
pub fn limit_for_all(scene: &Scene, language: &str) -> bool {
    set_up(scene, language, &ALL_BEHIND_LIMIT)
}

fn set_up(scene: &Scene, language: &str, what: &Regex) -> bool {
    let base = |language: &str| {
        if language == "typescript" {
            "javascript"
        } else {
            language
        }
        .to_owned()
    };
    let mut modules = scene
        .forest
        .modules
        .iter()
        .filter(|module| base(module.language) == base(language));
    modules.any(|module| {
        let file = scene.snapshot.file(module.file);
        file.origin == Origin::Own && file.text.len() < SET_UP && what.is_match(&file.text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_may_put_everything_behind_a_login() {
        assert!(ALL_BEHIND_LOGIN.is_match("http.authorizeHttpRequests(a -> a.anyRequest().authenticated())"));
        assert!(!ALL_BEHIND_LOGIN.is_match("a.anyRequest().permitAll()"));
        assert!(ALL_BEHIND_LIMIT.is_match("app.use(rateLimit({ max: 5 }))"));
        assert!(!ALL_BEHIND_LIMIT.is_match("app.use(express.json())"));
    }

    #[test]
    fn functions_that_look_at_who_asks_are_known() {
        assert!(WHO.is_match("Bookmark.objects.get(pk=pk, owner=request.user)") && WHO.is_match("->scopes('visible')"));
        assert!(!WHO.is_match("SELECT author FROM books") && REFUSES.is_match("raise Http404()"));
    }
}
