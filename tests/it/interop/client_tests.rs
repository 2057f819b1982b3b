//! Apps that others wrote launch, read and refresh at `carinbb serve`: what it takes for right, they do too.

use super::clients::App;
use super::served::Served;

#[test]
fn authlib_launches_reads_refreshes_introspects_and_revokes() {
    is_content(App::Authlib);
}

#[test]
fn the_python_client_of_smart_launches_reads_and_refreshes() {
    is_content(App::PythonFhirClient);
}

#[test]
fn the_javascript_client_of_smart_launches_reads_and_refreshes() {
    is_content(App::JavaScriptFhirClient);
}

fn is_content(app: App) {
    let Some(ended) = app.visits(&Served::start(&[])) else { return };
    assert!(ended.is_content, "{app:?}: {}", ended.said);
}

/// Otherwise the tests above could not fail.
#[test]
fn each_of_them_is_surprised_by_a_fault_that_it_meets() {
    let visits = [
        (App::Authlib, "id-token-bad-signature", "BadSignatureError"),
        (App::Authlib, "revoked-refresh-token-accepted", "a revoked refresh token works"),
        (App::PythonFhirClient, "refresh-refused", "400"),
        (App::PythonFhirClient, "search-refused-coverage", "FHIRPermissionDeniedException"),
        (App::JavaScriptFhirClient, "pkce-s256-refused", "code_verifier does not match"),
        (App::JavaScriptFhirClient, "refresh-changes-patient", "refreshed for another patient"),
    ];
    for (app, fault, words) in visits {
        let Some(ended) = app.visits(&Served::start(&[fault])) else { return };
        assert!(!ended.is_content && ended.said.contains(words), "{app:?} at {fault}: {}", ended.said);
    }
}
