//! A program that a person waits for.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};

use crate::{progress::Progress, services::ServiceError};

/// Runs a program, saying what it is and passing on what it says.
pub(super) async fn run(line: &[&str], progress: &Progress) -> Result<(), ServiceError> {
    let shown = line.join(" ");
    progress.step(&format!("Running {shown}"));
    let mut child = Command::new(line[0])
        .args(&line[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(ServiceError::io(format!("running {shown}")))?;
    let (_, errors) = tokio::join!(
        pass_on(child.stdout.take(), progress),
        pass_on(child.stderr.take(), progress)
    );
    let status = child
        .wait()
        .await
        .map_err(ServiceError::io(format!("running {shown}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(ServiceError::Failed {
            program: shown,
            status,
            output: errors,
        })
    }
}

/// Tells every line and gives the last one that said something.
async fn pass_on(output: Option<impl AsyncRead + Unpin>, progress: &Progress) -> String {
    let mut last = String::new();
    let Some(output) = output else {
        return last;
    };
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        progress.detail(&line);
        if !line.trim().is_empty() {
            last = line;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_program_that_fails_is_told_with_its_last_line() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let progress = Progress::new({
            let told = Arc::clone(&told);
            move |event| told.lock().unwrap().push(format!("{event:?}"))
        });
        let error = run(
            &["sh", "-c", "echo works; echo broken >&2; exit 3"],
            &progress,
        )
        .await
        .unwrap_err();
        let expected = "sh -c echo works; echo broken >&2; exit 3 failed (exit status: 3): broken";
        assert_eq!(error.to_string(), expected);
        assert_eq!(told.lock().unwrap().len(), 3);
    }
}
