//! LiteLLM's StandardLoggingPayload, lean: what the project's readers need, bodies redacted.

use super::calls::{Call, Outcome, Usage};
use super::json::{Object, quoted};
use super::prices::{Priced, Prices, short_decimal};
use super::workload::Workload;
use super::{Company, body, call_uuid, day_of, seconds, stamp};

/// One call as the gateway logs it.
pub fn line(company: &Company, prices: &Prices, call: &Call) -> String {
    let workload = &company.workloads[call.workload];
    let is_failed = matches!(call.outcome, Outcome::Failed(_));
    let is_hit = call.outcome == Outcome::GatewayHit;
    let shown = if has_usage(call) { call.usage } else { Usage::default() };
    let usage = if has_usage(call) { usage_object(call) } else { "null".to_owned() };
    let cost = if has_usage(call) && !is_hit { cost(prices, call, workload) } else { "0.0".to_owned() };
    let first_token = if workload.stream { call.start_ms + call.latency_ms / 4 } else { call.end_ms() };
    Object::new()
        .text("id", &id(call))
        .text("litellm_call_id", &call_uuid(call))
        .text("trace_id", &call_uuid(&Call { id: call.trace, ..call.clone() }))
        .text("call_type", "acompletion")
        .raw("stream", if workload.stream { "true" } else { "null" })
        .flag("cache_hit", is_hit)
        .text("status", if is_failed { "failure" } else { "success" })
        .text("custom_llm_provider", provider(call.model.provider))
        .text("model", call.model.requested)
        .text("model_group", call.model.requested)
        .number("prompt_tokens", shown.input())
        .number("completion_tokens", shown.output())
        .number("total_tokens", shown.input() + shown.output())
        .raw("startTime", &seconds(call.start_ms))
        .raw("endTime", &seconds(call.end_ms()))
        .raw("completionStartTime", &seconds(first_token))
        .raw("response_time", &seconds(first_token - call.start_ms))
        .raw("response_cost", &cost)
        .raw("request_tags", &tags(workload))
        .text("end_user", "")
        .object("metadata", metadata(workload, is_failed).raw("usage_object", &usage))
        .raw("messages", &messages(company))
        .raw("response", &response(call, workload, is_failed, &usage))
        .object("model_parameters", parameters(workload))
        .raw("error_str", &if is_failed { quoted("litellm: the provider refused the call") } else { "null".to_owned() })
        .object("error_information", error(call))
        .close()
}

/// The name of an object that holds one call alone.
pub fn single_key(call: &Call) -> String {
    let start = stamp(call.start_ms);
    let (date, time) = start.split_at(10);
    let time: String = time[1..].chars().map(|c| if c == ':' || c == '.' { '-' } else { c }).collect();
    format!("{date}/time-{}000_{}.json", time.trim_end_matches('Z'), id(call))
}

pub fn has_usage(call: &Call) -> bool {
    match call.outcome {
        Outcome::Answered => !call.is_lost_at_gateway,
        Outcome::GatewayHit => true,
        Outcome::Failed(_) | Outcome::Aborted => false,
    }
}

/// The provider's reply id; the gateway's own call id when there was no reply.
fn id(call: &Call) -> String {
    match call.outcome {
        Outcome::Failed(_) => call_uuid(call),
        Outcome::GatewayHit => format!("{}_cache_hit{}", reply_id(call), seconds(call.start_ms)),
        _ => reply_id(call),
    }
}

fn reply_id(call: &Call) -> String {
    match call.model.provider {
        "mistral_ai" => format!("{:016x}{:016x}", call.id, call.id.rotate_left(29)),
        _ => format!("chatcmpl-{:016x}", call.id),
    }
}

fn provider(catalog: &str) -> &str {
    if catalog == "mistral_ai" { "mistral" } else { catalog }
}

fn tags(workload: &Workload) -> String {
    format!("[\"workload:{0}\",\"app:{0}\",\"env:prod\"]", workload.id)
}

fn metadata(workload: &Workload, is_failed: bool) -> Object {
    let key = format!("{}-prod", workload.id);
    let prompt = Object::new().text("prompt_id", &format!("{}-main", workload.id)).raw("prompt_variables", "null");
    let prompt = if is_failed { "null".to_owned() } else { prompt.close() };
    Object::new()
        .text("user_api_key_alias", &key)
        .text("user_api_key_team_id", &format!("team-{}", workload.team))
        .text("user_api_key_team_alias", workload.team)
        .text("user_api_key_request_route", "/chat/completions")
        .object("requester_metadata", Object::new().text("workload", workload.id))
        .raw("prompt_management_metadata", &prompt)
}

fn usage_object(call: &Call) -> String {
    let usage = &call.usage;
    let cached = Object::new().number("cached_tokens", usage.cache_read).close();
    let details = Object::new().number("reasoning_tokens", usage.reasoning).close();
    let states_reasoning = call.model.provider == "openai";
    Object::new()
        .number("prompt_tokens", usage.input())
        .number("completion_tokens", usage.output())
        .number("total_tokens", usage.input() + usage.output())
        .raw("prompt_tokens_details", &cached)
        .raw("completion_tokens_details", if states_reasoning { &details } else { "null" })
        .close()
}

fn messages(company: &Company) -> String {
    format!("[{}]", Object::new().text("role", "user").text("content", &body(company)).close())
}

fn response(call: &Call, workload: &Workload, is_failed: bool, usage: &str) -> String {
    if is_failed {
        return "{}".to_owned();
    }
    let finish = match call.outcome {
        Outcome::Aborted => "null",
        _ if call.is_lost_at_gateway => "null",
        _ if workload.has_tools => "\"tool_calls\"",
        _ => "\"stop\"",
    };
    let message = Object::new().text("role", "assistant").text("content", "redacted");
    let choice = Object::new().number("index", 0).raw("finish_reason", finish).object("message", message).close();
    Object::new()
        .text("id", &reply_id(call))
        .text("object", "chat.completion")
        .number("created", call.start_ms / 1000)
        .text("model", call.model.served)
        .raw("choices", &format!("[{choice}]"))
        .raw("usage", usage)
        .close()
}

fn parameters(workload: &Workload) -> Object {
    let mut parameters = Object::new().number("max_completion_tokens", workload.max_output);
    if workload.stream {
        parameters = parameters.flag("stream", true);
    }
    if !workload.effort.is_empty() {
        parameters = parameters.text("reasoning_effort", workload.effort);
    }
    if workload.has_schema {
        parameters = parameters.raw("response_format", r#"{"type":"json_schema","json_schema":{"name":"answer"}}"#);
    }
    if workload.has_tools {
        parameters = parameters.raw("tools", super::TOOLS);
    }
    parameters
}

fn error(call: &Call) -> Object {
    let (code, class) = match call.outcome {
        Outcome::Failed(429) => ("429".to_owned(), "RateLimitError"),
        Outcome::Failed(status) => (status.to_string(), "InternalServerError"),
        _ => (String::new(), ""),
    };
    Object::new().text("error_code", &code).text("error_class", class)
}

fn cost(prices: &Prices, call: &Call, workload: &Workload) -> String {
    let model = call.model;
    let of = Priced {
        provider: model.provider,
        model_id: model.model_id,
        region_class: model.region_class,
        tier: workload.tier,
    };
    prices.cost(of, &call.usage, day_of(call.end_ms())).map_or("0.0".to_owned(), |cost| short_decimal(cost, 12))
}
