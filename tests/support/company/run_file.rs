//! The run file over a company's data, with the owners' facts.

use super::Company;
use super::workload::{Format, Workload};

/// TOML text; `folder` is the data's folder beside the run file.
pub fn text(company: &Company, folder: &str) -> String {
    let mut text = format!(
        "# {}, an invented company. Written by `cargo run --example company`; see README.md beside this file.\n\
         # The data ends on the day before this date, so the run date is fixed. Leave it out to run for today.\n\
         date = \"{}\"\n\n\
         # The program puts the sample's own results under ./trimtab-out, never beside the data.\n\
         state = \"state\"\noutput = \"out\"\n\n\
         # All of its days can be looked at row by row; 62 is the default.\n\
         [retention]\nrequests_days = 100\n\n\
         # What is read. A URL may be a folder beside this file, file://, s3://, gs:// or az://.\n\
         # The order matters when two sources log the same call: the first one is kept, the others fill its gaps.\n",
        company.name,
        company.end(),
    );
    for format in &company.formats {
        text += &format!(
            "{}\n[[sources]]\nname = \"{}\"\nformat = \"{}\"\nurl = \"{folder}/{}/\"\n",
            source_comment(*format),
            format.source(),
            format.name(),
            format.folder(),
        );
    }
    text += "\n# What only the owners know. A workload is the tag that its calls carry.\n\
             #   criticality  low, medium or high: how much quality may be lost (10, 5 or 2 points) before a move is refused\n\
             #   batch_ok     answers may come hours later\n\
             #   candidates   models worth a look, as provider/model of the catalog\n\
             #   languages    languages that a model has to know; a model whose languages are not documented is not taken\n";
    for workload in company.workloads.iter().filter(|workload| !workload.anonymous) {
        text += &owned(workload);
    }
    let stated: Vec<&Workload> = company.workloads.iter().filter(|workload| workload.prompt_versions > 0).collect();
    if !stated.is_empty() {
        text += "\n# No log of the company shows which version of a prompt was used, so a workload counts as growing, not as\n\
                 # mature, until its owner states the versions of the last four weeks.\n";
    }
    for workload in stated {
        text += &format!(
            "[[parameters]]\nparameter_id = \"C-02\"\nname = \"template_versions\"\nscope = \"workload\"\nkey = \"{}\"\nexpected = {}\n",
            workload.id, workload.prompt_versions,
        );
    }
    text
}

fn source_comment(format: Format) -> &'static str {
    match format {
        Format::Litellm => {
            "\n# LiteLLM's payloads: one file a day, the last calls of the last day still one object each."
        }
        Format::OpenaiEnvelope => "\n# What applications log around OpenAI's replies. One week was delivered twice.",
        Format::AnthropicEnvelope => "\n# The same around Anthropic's replies.",
        Format::Bedrock => "\n# Bedrock's model invocation log as AWS lays it out.",
        Format::Focus => "\n# The bill of all providers, FOCUS 1.2. Only billing lines are read from here.",
        Format::EvaluationsTable => "\n# Scores of the company's own evaluation runs.",
    }
}

fn owned(workload: &Workload) -> String {
    let list = |names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        quoted.join(", ")
    };
    let mut text = format!(
        "\n[workloads.{}]\nowner = \"{}\"\ncriticality = \"{}\"\nbatch_ok = {}\ncandidates = [{}]\n",
        workload.id,
        workload.team,
        workload.criticality,
        workload.batch_ok,
        list(&workload.candidates),
    );
    if !workload.languages.is_empty() {
        text += &format!("languages = [{}]\n", list(&workload.languages));
    }
    text
}
