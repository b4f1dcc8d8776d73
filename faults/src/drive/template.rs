//! The template that the stack runs: what it says before anything is started.

use anyhow::{Result, bail};
use local::template::{Site, Template};

use super::Options;
use crate::plan::{Fault, Planned};

/// The template, with the parameters of a run.
pub(super) fn load(options: &Options) -> Result<Template> {
    let site = Site {
        address: String::new(),
        state: options.state_dir.clone(),
        stack_name: String::new(),
    };
    let path = options.root.join("template.yaml");
    Ok(Template::load(&path, &options.parameters, &site)?)
}

/// The logical id of the function that runs a program. A kill of any other name would wait for ever, and nobody would notice.
pub(super) fn function_of<'t>(template: &'t Template, program: &str) -> Result<&'t str> {
    let functions = template.functions.iter();
    let ids: Vec<_> = functions
        .filter(|(_, function)| function.binary.as_deref() == Some(program))
        .map(|(id, _)| id.as_str())
        .collect();
    match ids[..] {
        [id] => Ok(id),
        _ => bail!(
            "{} functions of the template run {program}, not one",
            ids.len()
        ),
    }
}

/// Whether every function that is to die is there.
pub(super) fn has_all(template: &Template, planned: &[Planned]) -> Result<()> {
    for planned in planned {
        if let Fault::Kill { program, .. } = planned.fault {
            function_of(template, program)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path, time::Duration};

    use super::*;
    use crate::plan::{Kind, faults};

    fn template(instances: &str) -> Template {
        let state = tempfile::tempdir().unwrap();
        load(&Options {
            state_dir: state.path().to_owned(),
            parameters: [("Instances".to_owned(), instances.to_owned())].into(),
            ..Options::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        })
        .unwrap()
    }

    /// The functions that die in a long run.
    fn victims(template: &Template) -> BTreeSet<String> {
        let planned = faults(1, Duration::from_secs(600), &[Kind::Kill]);
        let function = |planned: &Planned| match planned.fault {
            Fault::Kill { program, .. } => function_of(template, program).unwrap().to_owned(),
            _ => panic!("{planned:?} is no kill"),
        };
        planned.iter().map(function).collect()
    }

    #[test]
    fn every_function_that_dies_is_in_the_template_whichever_answers_frames() {
        for instances in ["on-demand", "managed"] {
            let template = template(instances);
            let (chat, victims) = (&template.websocket_apis[0], victims(&template));
            let answers = chat.routes["$default"].function.clone().unwrap();
            assert!(victims.contains(&answers), "{answers}: {victims:?}");
            for victim in victims {
                assert!(template.functions.contains_key(&victim), "{victim}");
            }
        }
    }

    #[test]
    fn a_function_that_is_not_there_is_an_error() {
        let mut template = template("on-demand");
        let planned = faults(1, Duration::from_secs(60), &[Kind::Kill]);
        has_all(&template, &planned).unwrap();
        template.functions.remove("WsMessageFunction");
        let error = has_all(&template, &planned).unwrap_err();
        assert!(error.to_string().contains("ws-message"), "{error}");
    }
}
