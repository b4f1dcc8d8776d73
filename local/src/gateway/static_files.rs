//! Files of a folder, where no route of an HTTP API answers.

use std::path::{Path, PathBuf};

use axum::{
    body::Body,
    http::{
        HeaderValue, Method,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::Response,
};
use percent_encoding::percent_decode_str;

/// Files of a folder and of the folders in it.
#[derive(Debug)]
pub(super) struct StaticFiles {
    root: PathBuf,
}

impl StaticFiles {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The file at a URL's path; none when there is none, or when the path leads out of the folder.
    pub(super) async fn serve(&self, method: &Method, url_path: &str) -> Option<Response> {
        if method != Method::GET && method != Method::HEAD {
            return None;
        }
        let path = self.root.join(relative(url_path)?);
        // A link may lead out of the folder too, so what counts is where the file really is.
        let root = tokio::fs::canonicalize(&self.root).await.ok()?;
        let path = tokio::fs::canonicalize(path).await.ok()?;
        if !path.starts_with(&root) {
            return None;
        }
        let content = tokio::fs::read(&path).await.ok()?;
        let mut response = Response::new(Body::from(content));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(&path)));
        // A page that is being worked on must never be an old one.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Some(response)
    }
}

/// The path within the folder: `index.html` for a folder; none for a path with a dotted part, such as `..` or `.git`.
fn relative(url_path: &str) -> Option<PathBuf> {
    let decoded = percent_decode_str(url_path).decode_utf8().ok()?;
    let mut path = PathBuf::new();
    for part in decoded.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
            return None;
        }
        path.push(part);
    }
    if decoded.ends_with('/') {
        path.push("index.html");
    }
    Some(path)
}

fn content_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" | "md" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn served(files: &StaticFiles, path: &str) -> Option<(String, String)> {
        let response = files.serve(&Method::GET, path).await?;
        let kind = response.headers()[CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned();
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        Some((kind, String::from_utf8(body.to_vec()).unwrap()))
    }

    fn folder() -> (tempfile::TempDir, StaticFiles) {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page");
        std::fs::create_dir_all(page.join("js")).unwrap();
        std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(page.join("index.html"), "<p>").unwrap();
        std::fs::write(page.join(".env"), "secret").unwrap();
        std::fs::write(page.join("js/a b.js"), "1").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret.txt"), page.join("link.txt"))
            .unwrap();
        let files = StaticFiles::new(page);
        (folder, files)
    }

    #[tokio::test]
    async fn files_have_their_content_types() {
        let (_folder, files) = folder();
        let html = ("text/html; charset=utf-8".to_owned(), "<p>".to_owned());
        assert_eq!(served(&files, "/").await, Some(html.clone()));
        assert_eq!(served(&files, "/index.html").await, Some(html));
        let script = ("text/javascript; charset=utf-8".to_owned(), "1".to_owned());
        assert_eq!(served(&files, "/js/a%20b.js").await, Some(script));
        assert_eq!(
            files.serve(&Method::GET, "/").await.unwrap().headers()[CACHE_CONTROL],
            "no-cache"
        );
    }

    #[tokio::test]
    async fn no_path_leads_out_of_the_folder() {
        let (_folder, files) = folder();
        for path in [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/js/..%2f..%2fsecret.txt",
            "/link.txt",
            "/.env",
            "/js",
            "/nope",
        ] {
            assert_eq!(served(&files, path).await, None, "{path}");
        }
    }

    #[tokio::test]
    async fn only_get_and_head_read_files() {
        let (_folder, files) = folder();
        assert!(files.serve(&Method::HEAD, "/").await.is_some());
        assert!(files.serve(&Method::POST, "/").await.is_none());
    }
}
