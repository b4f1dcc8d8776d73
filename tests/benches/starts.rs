//! How long each function takes from its start to its first question for work, and how large it is.
//!
//! `cargo bench -p tests --bench starts`, which builds the functions with optimisation; `--profile dev` without. A start is an exec of the
//! bootstrap until it asks the Runtime API for its first event; the median of 20 counts.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    io::Read,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use local::{
    build::build,
    template::{Site, Template},
};

const STARTS: usize = 20;
/// For a start that comes to nothing.
const PATIENCE: Duration = Duration::from_secs(10);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let site = Site {
        address: "127.0.0.1:1".to_owned(),
        state: root.join(".local"),
        stack_name: "local".to_owned(),
    };
    let parameters = [
        ("DatabaseUrl", "postgres://127.0.0.1/nowhere"),
        ("RedisUrl", "redis://127.0.0.1"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let template = Template::load(&root.join("template.yaml"), &parameters.into(), &site)?;
    let release = !cfg!(debug_assertions);
    let executables = build(&template, &root, release).await?;
    println!(
        "{:<24} {:>10} {:>10} {:>10}",
        "", "median", "longest", "size"
    );
    for (id, executable) in &executables {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            times.push(start(executable, &template.functions[id].environment)?);
        }
        times.sort();
        let megabytes = fs::metadata(executable)?.len() as f64 / 1e6;
        println!(
            "{id:<24} {:>10.2?} {:>10.2?} {megabytes:>7.2} MB",
            times[STARTS / 2],
            times[STARTS - 1]
        );
    }
    Ok(())
}

fn start(executable: &Path, environment: &BTreeMap<String, String>) -> Result<Duration> {
    let runtime_api = TcpListener::bind("127.0.0.1:0")?;
    let mut command = Command::new(executable);
    command
        .env_clear()
        .envs(environment)
        .envs([
            (
                "AWS_LAMBDA_RUNTIME_API",
                &*runtime_api.local_addr()?.to_string(),
            ),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ])
        .stdin(Stdio::null());
    let began = Instant::now();
    let mut process = command.spawn()?;
    // The connection lives longer than the function, which would complain of its end.
    let asked = first_question(&runtime_api, began);
    process.kill()?;
    process.wait()?;
    Ok(asked?.0)
}

fn first_question(runtime_api: &TcpListener, began: Instant) -> Result<(Duration, TcpStream)> {
    runtime_api.set_nonblocking(true)?;
    let mut connection = loop {
        match runtime_api.accept() {
            Ok((connection, _)) => break connection,
            Err(_) if began.elapsed() < PATIENCE => std::thread::yield_now(),
            Err(error) => return Err(error.into()),
        }
    };
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut question = [0; 512];
    let length = connection.read(&mut question)?;
    let took = began.elapsed();
    let question = String::from_utf8_lossy(&question[..length]).into_owned();
    match question.contains("/invocation/next") {
        true => Ok((took, connection)),
        false => Err(format!("it asked something else first: {question}").into()),
    }
}
