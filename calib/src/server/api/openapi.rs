//! The OpenAPI 3.1 description of the JSON API, made from the table of addresses and from the types of
//! the answers: schemars writes JSON Schema 2020-12, which OpenAPI 3.1 takes as it is.

use std::sync::LazyLock;

use axum::Json;
use serde_json::{Map, Value, json};

use super::super::guard::Access;
use super::super::routes;

pub(in crate::server) async fn openapi() -> Json<&'static Value> {
    static DESCRIPTION: LazyLock<Value> = LazyLock::new(description);
    Json(&DESCRIPTION)
}

/// The description.
fn description() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut schemas: Map<String, Value> = Map::new();
    for route in routes::all() {
        let Some(described) = route.described else { continue };
        let named: Vec<&str> = named(route.path).collect();
        let in_path = named.iter().map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        });
        let in_query = described.numbers.iter().map(|(name, says)| {
            json!({ "name": name, "in": "query", "description": says,
                    "schema": { "type": "integer", "minimum": 0 } })
        });
        let parameters: Vec<Value> = in_path.chain(in_query).collect();
        let schema = described
            .schema
            .map_or_else(|| json!({}), |schema| hoist(schema().to_value(), &mut schemas));
        let answer = |says: &str| json!({ "description": says, "content": { described.media: { "schema": schema } } });
        let mut responses = json!({
            "200": answer(described.summary),
            "429": refusal("too many requests; Retry-After says when to ask again"),
            "503": refusal("busy, or it cannot be had now; Retry-After says when to ask again"),
        });
        if described.ill_alike {
            responses["503"] = answer("it is not well");
        }
        if !parameters.is_empty() {
            responses["400"] = refusal("the question is wrong");
        }
        if !named.is_empty() {
            responses["404"] = refusal("there is no such thing");
        }
        let mut operation = json!({ "summary": described.summary, "parameters": parameters });
        if route.access == Access::Open {
            operation["security"] = json!([]);
        } else {
            responses["401"] = refusal("nobody is logged in");
            responses["403"] = refusal("the role has not the right");
        }
        operation["responses"] = responses;
        paths.insert(route.path.to_owned(), json!({ route.method.to_lowercase(): operation }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "inspectd",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the technicians' page asks, for programs. Answers only ever gain keys; \
                            errors are plain text that ends with the next step.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-session" },
                "machine": { "type": "http", "scheme": "bearer",
                    "description": "what stands in page/token in the [store] folder; it only reads" },
            },
        },
        "security": [{ "session": [] }, { "machine": [] }],
    })
}

/// The parts of a path that name one thing among several.
fn named(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn refusal(says: &str) -> Value {
    json!({ "description": says, "content": { "text/plain": { "schema": { "type": "string" } } } })
}

/// Moves the definitions of a schema to where all operations share them.
fn hoist(mut schema: Value, shared: &mut Map<String, Value>) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.remove("$schema");
        if let Some(Value::Object(definitions)) = object.remove("$defs") {
            shared.extend(definitions.into_iter().map(|(name, mut one)| {
                point_to_shared(&mut one);
                (name, one)
            }));
        }
    }
    point_to_shared(&mut schema);
    schema
}

fn point_to_shared(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(target)) = object.get_mut("$ref") {
                *target = target.replace("#/$defs/", "#/components/schemas/");
            }
            object.values_mut().for_each(point_to_shared);
        }
        Value::Array(list) => list.iter_mut().for_each(point_to_shared),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of the description.
    fn references(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(target)) = object.get("$ref") {
                    into.push(target.clone());
                }
                object.values().for_each(|value| references(value, into));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, into)),
            _ => {}
        }
    }

    #[test]
    fn every_address_of_the_api_is_described_with_the_shape_of_its_answer() {
        let description = description();
        for route in routes::all().into_iter().filter(|route| route.path.starts_with("/api/")) {
            let operation = &description["paths"][route.path][route.method.to_lowercase()];
            assert!(operation["summary"].as_str().is_some_and(|s| !s.is_empty()), "{}", route.path);
        }
        let mut targets = Vec::new();
        references(&description, &mut targets);
        assert!(targets.len() > 10, "{targets:?}");
        for target in targets {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(description.pointer(pointer).is_some(), "{target} leads nowhere");
        }
        let status = &description["components"]["schemas"]["Problem"]["properties"];
        assert!(status["remedy"].is_object(), "{status}");
    }

    #[test]
    fn every_refusal_is_described_where_it_is_answered() {
        let description = description();
        let answers = |path: &str| &description["paths"][path]["get"]["responses"];
        for route in routes::all().into_iter().filter(|route| route.described.is_some()) {
            let is_named = route.path.contains('{');
            assert_eq!(answers(route.path)["404"].is_object(), is_named, "{}", route.path);
            let is_closed = route.access != Access::Open;
            for status in ["401", "403"] {
                assert_eq!(answers(route.path)[status].is_object(), is_closed, "{}", route.path);
            }
        }
        let ill = &answers("/healthz")["503"]["content"];
        assert!(ill["application/json"]["schema"].is_object() && ill["text/plain"].is_null());
        let busy = &answers("/api/items")["503"]["content"];
        assert!(busy["text/plain"].is_object(), "{busy}");
    }

    #[test]
    fn only_health_asks_for_nobody() {
        let description = description();
        let open: Vec<_> = description["paths"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, path)| path["get"]["security"].is_array())
            .map(|(path, _)| path.as_str())
            .collect();
        assert_eq!(open, ["/healthz"]);
    }
}
