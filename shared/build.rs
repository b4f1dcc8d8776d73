//! Lists the languages: every file in `locales` is one, named by its tag.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    // Asked at run time: a target folder that another checkout filled has this program as that one compiled it.
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("Cargo says where the package is");
    let locales = Path::new(&package).join("locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&locales)
        .expect("the folder of the languages is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ftl"))
        .collect();
    files.sort();
    let rows = files.iter().map(|path| {
        let tag = path.file_stem().expect("a file has a name");
        format!("({tag:?}, include_str!({path:?})),")
    });
    let list = format!("&[{}]", rows.collect::<String>());
    let out = env::var_os("OUT_DIR").expect("Cargo says where to write");
    fs::write(Path::new(&out).join("languages.rs"), list).expect("the list can be written");
}
