//! A second parser that this project did not write, by the standard's grammar and without any vendor's
//! liberties: it refuses what blark, made for TwinCAT, lets pass.

use std::path::Path;

use tree_sitter::{Node, Parser, Tree};

fn parsed(text: &str) -> Tree {
    let mut parser = Parser::new();
    let language = tree_sitter_iec61131_3_st::LANGUAGE.into();
    parser.set_language(&language).expect("the grammar is of the parser's version");
    parser.parse(text, None).expect("nothing stops it")
}

/// Where the text is not as the grammar says.
fn faults(node: Node<'_>, found: &mut Vec<String>) {
    if node.is_error() || node.is_missing() {
        found.push(format!("line {}: {}", node.start_position().row + 1, node.to_sexp()));
    }
    (0..node.child_count()).filter_map(|n| node.child(n as u32)).for_each(|c| faults(c, found));
}

#[test]
fn a_strict_parser_accepts_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plc");
    let mut files = 0;
    for entry in folder.read_dir().expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_none_or(|extension| extension != "st") {
            continue;
        }
        files += 1;
        let text = std::fs::read_to_string(&path).expect("a text");
        let mut found = Vec::new();
        faults(parsed(&text).root_node(), &mut found);
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
    assert_eq!(files, 10);
}

#[test]
fn the_strict_parser_refuses_what_the_program_once_had() {
    let text = "TYPE ST_Item :\nSTRUCT\n    Place : DINT;\nEND_STRUCT\nEND_TYPE\n";
    assert!(parsed(text).root_node().has_error(), "no semicolon after END_STRUCT");
    let text = text.replace("END_STRUCT\n", "END_STRUCT;\n");
    assert!(!parsed(&text).root_node().has_error());
}
