//! The store: what goes in is pinned, what was changed is refused, what is not ours is not used.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use super::super::forge::tiny;
use super::*;
use crate::problem::{Exit, Fatal};

struct Scene {
    _folder: tempfile::TempDir,
    source: PathBuf,
    registry: Registry,
}

/// An empty store, and a folder with a tiny Hugging Face checkpoint and a tiny GGUF file beside it.
fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("Tiny Model");
    fs::create_dir(&source).unwrap();
    for (name, bytes) in hugging_face(Family::Qwen3) {
        fs::write(source.join(name), bytes).unwrap();
    }
    fs::write(folder.path().join("Tiny-Q.gguf"), tiny("qwen2", Family::Qwen2)).unwrap();
    let registry = Registry::at(folder.path().join("state/anchorite/models"));
    Scene {
        source,
        registry,
        _folder: folder,
    }
}

impl Scene {
    fn gguf(&self) -> PathBuf {
        self.source.with_file_name("Tiny-Q.gguf")
    }

    /// Everything in the store but the lock, hidden or not.
    fn left(&self) -> Vec<String> {
        let names = fs::read_dir(self.registry.root()).into_iter().flatten().flatten();
        let names = names.map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name != ".lock").collect()
    }
}

#[track_caller]
fn refuses<T>(result: Result<T, Fatal>, exit: Exit, words: &str) {
    let Err(error) = result else {
        panic!("expected a refusal with {words:?}")
    };
    assert!(error.exit == exit && error.to_string().contains(words), "{error}");
    assert!(!error.help.is_empty(), "{error}");
}

#[test]
fn an_imported_model_is_found_verified_and_opened() {
    let scene = scene();
    let manifest = scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    assert_eq!(
        (manifest.name.as_str(), manifest.family, manifest.context),
        ("tiny-model", Family::Qwen3, 128)
    );
    let names = manifest.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["config.json", "model.safetensors", "tokenizer.json"]);
    let second = scene
        .registry
        .import(&scene.gguf(), Some("other"), &mut InProcess)
        .unwrap();
    assert_eq!(second.files[0].name, "model.gguf");
    assert_eq!(scene.registry.verify("tiny-model").unwrap(), manifest);
    let located = scene.registry.resolve(Some("tiny-model")).unwrap();
    let crossed: Located = serde_json::from_str(&serde_json::to_string(&located).unwrap()).unwrap();
    assert_eq!(crossed, located);
    assert_eq!(located.files().len(), 3);
    let verified = crossed.open().unwrap();
    assert_eq!(verified.digest(), manifest.digest());
    assert_eq!(Weights::of(&verified).unwrap().hyper().layers, 2);
    let listed = scene.registry.list().unwrap();
    let imported = listed
        .iter()
        .filter(|manifest| !manifest.starter)
        .map(|manifest| manifest.name.as_str());
    assert_eq!(imported.collect::<Vec<_>>(), ["other", "tiny-model"]);
}

#[test]
fn the_only_imported_model_is_the_default_and_several_need_a_name() {
    let scene = scene();
    scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    assert_eq!(scene.registry.resolve(None).unwrap().manifest().name, "tiny-model");
    scene.registry.import(&scene.gguf(), None, &mut InProcess).unwrap();
    refuses(scene.registry.resolve(None), Exit::Usage, "tiny-model, tiny-q");
    scene.registry.remove("tiny-q").unwrap();
    assert_eq!(scene.left(), ["tiny-model"]);
    refuses(scene.registry.remove("tiny-q"), Exit::Usage, "no model `tiny-q`");
    refuses(scene.registry.remove("novice"), Exit::Usage, "part of the program");
    refuses(
        scene.registry.resolve(Some("../tiny-model")),
        Exit::Usage,
        "`../tiny-model`",
    );
}

#[test]
fn one_flipped_bit_anywhere_in_any_file_is_exit_5_with_both_digests() {
    let scene = scene();
    let manifest = scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    let located = scene.registry.resolve(None).unwrap();
    for (pinned, place) in manifest.files.iter().zip(located.files()) {
        let file = OpenOptions::new().read(true).write(true).open(&place.path).unwrap();
        let step = (place.bytes / 97).max(1) as usize;
        for at in (0..place.bytes).step_by(step).chain([place.bytes - 1]) {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
            let error = located.open().unwrap_err();
            assert_eq!(error.exit, Exit::Integrity, "byte {at}");
            assert!(
                error.to_string().contains(&pinned.sha256) && error.what.contains(&pinned.name),
                "{error}"
            );
            file.write_all_at(&byte, at).unwrap();
        }
        file.set_len(place.bytes + 1).unwrap();
        refuses(scene.registry.verify("tiny-model"), Exit::Integrity, &pinned.name);
        file.set_len(place.bytes).unwrap();
    }
    located.open().expect("every byte is back");
}

#[test]
fn everything_in_the_store_is_private() {
    let scene = scene();
    scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    let root = scene.registry.root();
    for folder in [root, root.parent().unwrap(), &root.join("tiny-model")] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    let files = fs::read_dir(root.join("tiny-model"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect::<Vec<_>>();
    assert_eq!(files.len(), 4);
    assert!(
        files
            .iter()
            .chain([&root.join(".lock")])
            .all(|file| mode(file) == 0o600)
    );
}

#[test]
fn a_store_that_others_can_reach_into_is_refused() {
    let scene = scene();
    scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    let root = scene.registry.root();
    let all = |words: &str| {
        refuses(scene.registry.list(), Exit::Integrity, words);
        refuses(scene.registry.resolve(None), Exit::Integrity, words);
        refuses(
            scene.registry.import(&scene.gguf(), None, &mut InProcess),
            Exit::Integrity,
            words,
        );
        refuses(scene.registry.remove("tiny-model"), Exit::Integrity, words);
    };
    fs::set_permissions(root, fs::Permissions::from_mode(0o770)).unwrap();
    all("others may write to it (mode 0770)");
    fs::set_permissions(root, fs::Permissions::from_mode(0o700)).unwrap();
    let moved = root.with_file_name("moved");
    fs::rename(root, &moved).unwrap();
    symlink(&moved, root).unwrap();
    all("symbolic link");
}

#[test]
fn a_store_of_another_user_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // Root can give a folder away; everybody else has one that root owns.
    let foreign = match chown(folder.path(), Some(65_534), None) {
        Ok(()) => folder.path(),
        Err(_) => Path::new("/usr"),
    };
    refuses(Registry::at(foreign).list(), Exit::Integrity, "belongs to user");
}

#[test]
fn planted_links_and_pipes_are_refused() {
    let scene = scene();
    scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    let folder = scene.registry.root().join("tiny-model");
    let (file, copy) = (folder.join("config.json"), folder.join("copy"));
    let located = scene.registry.resolve(None).unwrap();
    fs::rename(&file, &copy).unwrap();
    symlink(&copy, &file).unwrap();
    refuses(scene.registry.resolve(None), Exit::Integrity, "a link");
    refuses(located.open(), Exit::Integrity, "config.json");
    fs::remove_file(&file).unwrap();
    refuses(scene.registry.resolve(None), Exit::Integrity, "cannot be found");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&file)
            .status()
            .unwrap()
            .success()
    );
    refuses(located.open(), Exit::Integrity, "not a regular file");
    let pipe = scene.source.join("model.safetensors");
    fs::remove_file(&pipe).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    refuses(
        scene.registry.import(&scene.source, Some("piped"), &mut InProcess),
        Exit::Usage,
        "not a regular file",
    );
}

#[test]
fn links_in_the_source_are_followed_because_download_caches_are_made_of_them() {
    let scene = scene();
    let blob = scene.source.with_file_name("blob");
    let linked = scene.source.join("model.safetensors");
    fs::rename(&linked, &blob).unwrap();
    symlink(&blob, &linked).unwrap();
    scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    let stored = scene.registry.root().join("tiny-model/model.safetensors");
    assert!(fs::symlink_metadata(stored).unwrap().is_file());
}

#[test]
fn a_refused_import_leaves_nothing_behind() {
    let scene = scene();
    let cut = scene.source.with_file_name("cut.gguf");
    let bytes = fs::read(scene.gguf()).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    refuses(
        scene.registry.import(&cut, None, &mut InProcess),
        Exit::Usage,
        "but the file has",
    );
    refuses(
        scene
            .registry
            .import(Path::new("/nowhere/x.gguf"), None, &mut InProcess),
        Exit::Usage,
        "cannot be read",
    );
    refuses(
        scene
            .registry
            .import(&scene.source.join("config.json"), None, &mut InProcess),
        Exit::Usage,
        "not with `GGUF`",
    );
    assert!(!scene.registry.root().exists());
    scene
        .registry
        .import(&scene.gguf(), Some("kept"), &mut InProcess)
        .unwrap();
    refuses(
        scene.registry.import(&scene.source, Some("kept"), &mut InProcess),
        Exit::Usage,
        "already a model `kept`",
    );
    refuses(
        scene.registry.import(&scene.source, Some("novice"), &mut InProcess),
        Exit::Usage,
        "belongs to the starter model",
    );
    refuses(
        scene.registry.import(&scene.source, Some("Not/Plain"), &mut InProcess),
        Exit::Usage,
        "`Not/Plain`",
    );
    assert_eq!(scene.left(), ["kept"]);
}

/// An inspector that hostile bytes have taken over.
struct Bent(&'static str, &'static str);

impl Inspector for Bent {
    fn look(&mut self, _: &Path) -> Result<BTreeMap<String, String>, Fatal> {
        Ok(BTreeMap::from([(self.0.to_owned(), self.1.to_owned())]))
    }

    fn inspect(&mut self, _: &Path, _: &[String]) -> Result<Inspected, Fatal> {
        unreachable!("nothing was copied")
    }
}

#[test]
fn an_inspector_cannot_make_import_copy_other_files() {
    let scene = scene();
    fs::write(scene.source.with_file_name("secret"), "x").unwrap();
    for (stored, name) in [("a", "../secret"), ("../../a", "config.json"), ("a", "/etc/passwd")] {
        let result = scene.registry.import(&scene.source, None, &mut Bent(stored, name));
        refuses(result, Exit::Usage, "is not a file of it");
    }
    let result = scene.registry.import(&scene.gguf(), None, &mut Bent("a", "secret"));
    refuses(result, Exit::Usage, "is not a file of it");
    assert!(!scene.registry.root().exists());
}

#[test]
fn a_model_trained_on_the_terse_form_is_recognised() {
    let scene = scene();
    let folder = scene.source.with_file_name("mine");
    fs::create_dir(&folder).unwrap();
    for name in ["model.gguf", "tokenizer.json"] {
        fs::write(folder.join(name), &*novice::file(name).unwrap()).unwrap();
    }
    let manifest = scene.registry.import(&folder, None, &mut InProcess).unwrap();
    assert_eq!(manifest.profile, Profile::Compact);
    let other = scene.registry.import(&scene.gguf(), None, &mut InProcess).unwrap();
    assert_eq!(other.profile, Profile::Chat);
}

#[test]
fn a_sparse_giant_is_refused_by_its_head_at_once() {
    let scene = scene();
    let giant = scene.source.with_file_name("giant.gguf");
    fs::File::create(&giant).unwrap().set_len(10 << 30).unwrap();
    refuses(
        scene.registry.import(&giant, None, &mut InProcess),
        Exit::Usage,
        "not with `GGUF`",
    );
    let json = scene.source.join("tokenizer.json");
    fs::File::create(&json).unwrap().set_len(10 << 30).unwrap();
    refuses(
        scene.registry.import(&scene.source, None, &mut InProcess),
        Exit::Usage,
        "10737418240 bytes",
    );
    assert!(!scene.registry.root().exists());
}

#[test]
fn leftovers_of_a_killed_import_are_swept_away() {
    let scene = scene();
    scene.registry.import(&scene.gguf(), None, &mut InProcess).unwrap();
    let leftover = scene.registry.root().join(".incoming-tiny-model");
    fs::create_dir(&leftover).unwrap();
    fs::write(leftover.join("model.safetensors"), b"half").unwrap();
    assert_eq!(
        scene
            .registry
            .list()
            .unwrap()
            .iter()
            .filter(|manifest| !manifest.starter)
            .count(),
        1
    );
    scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    let mut left = scene.left();
    left.sort();
    assert_eq!(left, ["tiny-model", "tiny-q"]);
}

#[test]
fn a_manifest_that_was_bent_is_refused_and_its_model_can_still_be_removed() {
    let scene = scene();
    scene.registry.import(&scene.source, None, &mut InProcess).unwrap();
    let path = scene.registry.root().join("tiny-model/manifest.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("config.json", "../../../config.json")).unwrap();
    refuses(scene.registry.resolve(None), Exit::Integrity, "not plain");
    fs::write(&path, text.replace("\"tiny-model\"", "\"other\"")).unwrap();
    refuses(
        scene.registry.resolve(None),
        Exit::Integrity,
        "manifest of another model, `other`",
    );
    refuses(scene.registry.list(), Exit::Integrity, "`tiny-model`");
    fs::write(&path, "").unwrap();
    scene.registry.remove("tiny-model").unwrap();
    assert!(scene.left().is_empty());
}

#[test]
fn a_calibration_is_pinned_and_nothing_else_changes() {
    let scene = scene();
    let before = scene
        .registry
        .import(&scene.source, Some("mine"), &mut InProcess)
        .unwrap();
    let mut calibration = Calibration::default();
    calibration.verify.shift = Thousandths::new(-250);
    let after = scene.registry.calibrate("mine", calibration).unwrap();
    assert_eq!(scene.registry.verify("mine").unwrap(), after);
    assert_eq!((after.calibration, after.digest()), (calibration, before.digest()));
    assert_eq!(
        Manifest {
            calibration: before.calibration,
            ..after
        },
        before
    );
    assert_eq!(scene.left(), ["mine"]);
    refuses(scene.registry.calibrate("novice", calibration), Exit::Usage, "novice");
}
