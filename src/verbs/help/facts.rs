//! The facts that every verb with an HTTP request returns, and the little notation for help tables.

/// `argument!(name, kind, "help")`, with `required` in front of the help when it must be given.
macro_rules! argument {
    ($name:literal, $kind:expr, required, $help:literal) => {
        $crate::verbs::ArgumentHelp { name: $name, kind: $kind, required: true, help: $help }
    };
    ($name:literal, $kind:expr, $help:literal) => {
        $crate::verbs::ArgumentHelp { name: $name, kind: $kind, required: false, help: $help }
    };
}

/// A table of facts.
macro_rules! facts {
    ($($path:literal: $help:literal,)*) => {
        &[$($crate::verbs::FactHelp { path: $path, help: $help }),*]
    };
}

/// A table of facts that ends with those of every HTTP answer.
macro_rules! http_facts {
    ($($path:literal: $help:literal,)*) => {
        facts! {
            $($path: $help,)*
            "status": "the status code",
            "header.NAME": "the header of this name in any spelling; several are joined by a comma and a space",
            "json": "the body as a tree; absent when it is not JSON",
            "is_json": "true when the whole body is one JSON document",
            "body_kind": "json-object, json-array, json, html, text or empty",
            "body_bytes": "the size of the body",
            "content_type": "the media type in lower case without parameters; absent when none was sent",
            "duplicate_keys": "the JSON paths whose last member occurs more than once in its object",
            "location": "the Location header as an absolute URL; absent when there is none",
            "resource_type": "the FHIR resourceType of the body; absent when it has none",
            "login_form": "true when the body is a page that asks for a password",
            "date_skew_seconds": "how far the Date header is ahead of our clock; absent without a readable Date",
            "elapsed_ms": "how long the exchange took, in milliseconds",
            "tls.trusted": "true when the certificate was accepted; absent over plain HTTP",
            "tls.version": "the TLS version of the connection, for instance TLSv1.3; absent over plain HTTP",
        }
    };
}

pub(super) use {argument, facts, http_facts};
