//! `carinbb login`: tries one login alone and explains it page by page.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use url::Url;

use crate::cli::args::{Command, Global, LoginArgs, LoginPages, RunArgs};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::keyboard::Keyboard;
use crate::cli::secrets::Secrets;
use crate::cli::settings::{self, Resolved};
use crate::cli::try_login::{self, Ended, Scene, try_login};
use crate::cli::{demo, login_lines, output, world};
use crate::engine::exit;
use crate::login::{PageOutline, Sitting};
use crate::reference;
use crate::target::{Launch, MemberKey, Strategy, Target};
use crate::vocabulary::{Secret, escape};

/// Signs in and prints every page. 0 when the redirect URI was reached with a code, 3 when it was not.
///
/// # Errors
/// When the target file is wrong, or names no way to sign in.
pub fn login(global: &Global, arguments: &LoginArgs, environment: &Environment) -> Result<u8, Failure> {
    let line = settings::line_of_run(global, arguments.target.as_deref(), &arguments.reach, arguments.demo);
    let resolved = settings::resolve(&line, environment)?;
    let Command::Run(run) = &resolved.cli.command else { return Err(Failure::wrong("not a run")) };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start: {error}")))?;
    let code = runtime.block_on(async {
        tokio::select! {
            code = signed_in(&resolved, run, arguments, environment) => code,
            _ = tokio::signal::ctrl_c() => Ok(exit::INTERRUPTED),
        }
    });
    // A question to a person may still wait for its answer.
    runtime.shutdown_background();
    code
}

async fn signed_in(resolved: &Resolved, run: &RunArgs, arguments: &LoginArgs, environment: &Environment) -> Result<u8, Failure> {
    let pages = arguments.login.unwrap_or_default();
    let demo = if arguments.demo { Some(start(pages).await?) } else { None };
    let (target, launch) = match &demo {
        Some(server) => (demo::target(server), demo::launch(server, pages)),
        None => given(resolved, environment)?,
    };
    let missing = || Failure::wrong("the target file has no such client: [clients.confidential] with client_id and redirect_uri");
    let client = try_login::client(&launch, arguments.client.as_deref()).ok_or_else(missing)?;
    let member = MemberKey::from_word(&arguments.member).unwrap_or(MemberKey::First);
    let built = world::build(run, &resolved.cli.global, &target, &launch.login.origins, demo.as_ref(), environment)?;
    let strategy = Strategy::WORDS.iter().find(|(_, own)| *own == launch.login.strategy).map_or("", |(word, _)| *word);
    output::print(&format!("The {} member signs in by {strategy} for the {} client", member.word(), client.word()));
    let keyboard = Keyboard { is_terminal: environment.stderr_is_terminal };
    let scene = Scene {
        world: built.world,
        tls: built.tls,
        target: Arc::new(target),
        launch: Arc::new(launch),
        sitting: Arc::new(Telling { keyboard, pages: AtomicUsize::new(0) }),
    };
    let ended = try_login(&scene, member, client).await;
    drop(scene);
    if let Some(server) = demo {
        server.stop().await;
    }
    Ok(match ended {
        Ended::WithCode => {
            output::print("The browser was sent to the redirect URI with a code: the login works. The code is left to lapse.");
            exit::OK
        }
        Ended::Without(why) => {
            output::print(&format!("The login does not come to its end: {}", escape(&why)));
            exit::UNDETERMINED
        }
    })
}

async fn start(pages: LoginPages) -> Result<reference::Running, Failure> {
    let options = reference::Options { login: demo::variant(pages), ..reference::Options::default() };
    reference::start(options).await.map_err(|error| Failure::wrong(error.to_string()))
}

/// What the target file says, secrets included.
fn given(resolved: &Resolved, environment: &Environment) -> Result<(Target, Launch), Failure> {
    let target = resolved.target.clone().ok_or_else(|| Failure::wrong("no target: give a target file"))?;
    match resolved.launch.strategy() {
        Strategy::None => {
            Err(Failure::wrong("the target names no way to sign in: write [login] and below it strategy = \"form\""))
        }
        Strategy::Token => {
            Err(Failure::wrong("with the strategy token nobody signs in; a run proves the tokens before it uses them"))
        }
        Strategy::Form | Strategy::Webdriver | Strategy::Manual => {
            Ok((target, resolved.launch.resolve(&mut Secrets::new(environment)).map_err(Failure::wrong)?))
        }
    }
}

/// Prints each page as it comes.
struct Telling {
    keyboard: Keyboard,
    pages: AtomicUsize,
}

impl Sitting for Telling {
    fn tell(&self, line: &str) {
        self.keyboard.tell(line);
    }

    fn page(&self, page: &PageOutline) {
        let number = self.pages.fetch_add(1, Ordering::SeqCst) + 1;
        output::print(&login_lines::page(number, page));
    }

    fn open(&self, url: &Url) -> bool {
        self.keyboard.open(url)
    }

    fn pasted(&self, question: &str) -> BoxFuture<'_, Option<Secret>> {
        self.keyboard.pasted(question)
    }

    fn code(&self, member: MemberKey) -> BoxFuture<'_, Option<Secret>> {
        self.keyboard.code(member)
    }
}
