//! The record as JSON: there and back, against its schema, and refused when it is of another version.

use carinbb::report::{self, Options};
use serde_json::Value;

use crate::{golden, sample_run};

fn as_json(run: &carinbb::engine::Run) -> String {
    let mut out = Vec::new();
    let json = report::by_name("json", &Options::default()).expect("json is a format");
    json.write(run, &mut out).expect("a Vec takes everything");
    String::from_utf8(out).expect("JSON is UTF-8")
}

#[test]
fn a_record_survives_writing_and_reading() {
    for run in [sample_run::sample(), sample_run::hostile()] {
        let text = as_json(&run);
        let again = report::read(&text).expect("our own record is readable");
        assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&run).unwrap());
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "a terminal would obey something in it");
        assert!(!text.contains("##["), "a CI system would obey something in it");
    }
}

#[test]
fn a_record_with_an_unknown_or_missing_field_is_refused_with_its_name() {
    let mut value = serde_json::to_value(sample_run::sample()).unwrap();
    value["surprise"] = Value::from(1);
    assert!(report::read(&value.to_string()).unwrap_err().to_string().contains("surprise"));
    let mut value = serde_json::to_value(sample_run::sample()).unwrap();
    value.as_object_mut().unwrap().remove("complete");
    assert!(report::read(&value.to_string()).unwrap_err().to_string().contains("complete"));
}

#[test]
fn every_record_fits_the_published_schema_and_a_damaged_one_does_not() {
    let schema = report::schema();
    golden::compare("schemas/run.schema.json", &format!("{}\n", serde_json::to_string_pretty(&schema).unwrap()));
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    for run in [sample_run::sample(), sample_run::hostile()] {
        let value: Value = serde_json::from_str(&as_json(&run)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let damages: [fn(&mut Value); 4] = [
        |value| value["cases"][0]["verdict"] = "fine".into(),
        |value| value["claim"]["exit_code"] = "0".into(),
        |value| value["surprise"] = 1.into(),
        |value| drop(value["header"].as_object_mut().unwrap().remove("target")),
    ];
    for damage in damages {
        let mut value = serde_json::to_value(sample_run::sample()).unwrap();
        damage(&mut value);
        assert!(!validator.is_valid(&value), "{value}");
    }
}
