//! `cargo dev transcripts`: the transcripts of a folder, played against an address or against a stack of their own.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use local::{
    screen::Style,
    services::Lifetime,
    stack::{Stack, StackOptions},
    transcript::{Credentials, Played, Target, Transcript, play},
};

use crate::{cli::Transcripts, progress};

/// Plays them, writes what happened to standard output, and fails when something differs that rests on no unconfirmed
/// point.
pub(crate) async fn transcripts(options: &Transcripts) -> Result<()> {
    let transcripts = Transcript::read_all(&options.folder)?;
    ensure!(
        !transcripts.is_empty(),
        "there is no .txt in {}",
        options.folder.display()
    );
    let failed = match (&options.target, &options.api) {
        (Some(target), Some(api)) => {
            play_all(
                &transcripts,
                &Target::new(target, api, credentials(options))?,
            )
            .await?
        }
        _ => {
            let stack = private_stack(options).await?;
            let socket = stack.socket_url().context("the template has no socket")?;
            let failed = play_all(&transcripts, &Target::new(&socket, &stack.url(), None)?).await;
            stack.stop().await?;
            failed?
        }
    };
    if failed > 0 {
        bail!("{failed} cases differ");
    }
    Ok(())
}

async fn private_stack(options: &Transcripts) -> Result<Stack> {
    let template = options.folder.join("template.yaml");
    Stack::start(StackOptions {
        lifetime: Lifetime::Throwaway,
        progress: progress(),
        ..StackOptions::new(template, Path::new(".local"))
    })
    .await
}

fn credentials(options: &Transcripts) -> Option<Credentials> {
    Some(Credentials {
        access_key_id: options.access_key_id.clone()?,
        secret_access_key: options.secret_access_key.clone()?,
        session_token: options.session_token.clone(),
        region: options.region.clone(),
    })
}

/// How many cases failed.
async fn play_all(transcripts: &[Transcript], target: &Target) -> Result<usize> {
    let style = Style::of(&io::stdout());
    let mut output = io::stdout();
    let mut failed = 0;
    for transcript in transcripts {
        writeln!(
            output,
            "\n{}",
            style.bold(&transcript.path.display().to_string())
        )?;
        for case in play(transcript, target).await {
            failed += usize::from(fails(&case));
            writeln!(output, "{}", told(&case, style))?;
        }
    }
    Ok(failed)
}

fn fails(case: &Played) -> bool {
    let mut differences = case.differences.iter();
    differences.any(|difference| difference.unconfirmed.is_none())
}

fn told(case: &Played, style: Style) -> String {
    let verdict = match (case.differences.is_empty(), fails(case)) {
        (true, _) => "as written ".to_owned(),
        (_, false) => style.bold("unconfirmed"),
        (_, true) => style.red("differs    "),
    };
    let mut text = format!("  {verdict}  {}", case.title);
    for difference in &case.differences {
        for line in difference.to_string().lines() {
            text += &format!("\n               {line}");
        }
    }
    text
}
