//! Logs that applications write themselves: an envelope of their own around the provider's reply, and Bedrock's invocation log.

use super::calls::{Call, Outcome};
use super::json::Object;
use super::workload::{Format, Workload};
use super::{ACCOUNT, Company, body, call_uuid, day_of, stamp};

/// One call in the envelope of an application.
pub fn envelope(company: &Company, call: &Call, format: Format) -> String {
    let workload = &company.workloads[call.workload];
    let request_id = format!("req_{:016x}", call.id.rotate_left(17));
    let mut line = Object::new()
        .text("ts", &stamp(call.end_ms()))
        .text("started_at", &stamp(call.start_ms))
        .number("latency_ms", call.latency_ms);
    if !workload.anonymous {
        line = line
            .text("app", workload.id)
            .text("workload", workload.id)
            .text("prompt_name", &format!("{}-main", workload.id))
            .text("team", workload.team)
            .text("env", "prod")
            .text("api_key_alias", &format!("{}-prod", workload.id))
            .number("attempt", call.attempt)
            .text("logical_request_id", &format!("lr_{:016x}", call.logical));
    }
    line = line.text("request_id", &request_id);
    if workload.tier != "standard" {
        line = line.text("tier", workload.tier);
    }
    let reply = match (call.outcome, format) {
        (Outcome::Failed(_), _) => "null".to_owned(),
        (_, Format::OpenaiEnvelope) => openai_reply(call, workload),
        _ => anthropic_reply(call),
    };
    let limit = match format {
        Format::OpenaiEnvelope => "max_completion_tokens",
        _ => "max_tokens",
    };
    line.raw("error", &error(call.outcome))
        .raw("request", &request(company, call, workload, limit))
        .raw("response", &reply)
        .close()
}

fn request(company: &Company, call: &Call, workload: &Workload, limit: &str) -> String {
    let mut request = Object::new()
        .text("model", call.model.requested)
        .number(limit, workload.max_output)
        .flag("stream", workload.stream);
    if !workload.effort.is_empty() {
        request = request.text("reasoning_effort", workload.effort);
    }
    if workload.has_image {
        request = request.flag("has_image", true);
    }
    if workload.has_schema {
        request = request.raw("response_format", r#"{"type":"json_schema"}"#);
    }
    if workload.has_tools {
        request = request.raw("tools", super::TOOLS);
    }
    if company.body_bytes > 0 {
        let message = Object::new().text("role", "user").text("content", &body(company)).close();
        request = request.raw("messages", &format!("[{message}]"));
    }
    request.close()
}

fn error(outcome: Outcome) -> String {
    let Outcome::Failed(status) = outcome else {
        return "null".to_owned();
    };
    let (kind, code) = match status {
        429 => ("rate_limit_error", "rate_limit_exceeded"),
        _ => ("server_error", "overloaded"),
    };
    Object::new().text("type", kind).text("code", code).number("status", status).close()
}

fn openai_reply(call: &Call, workload: &Workload) -> String {
    let finish = match call.outcome {
        Outcome::Aborted => "null",
        _ if workload.has_tools => "\"tool_calls\"",
        _ => "\"stop\"",
    };
    let choice = Object::new().number("index", 0).raw("finish_reason", finish).close();
    let usage = &call.usage;
    let usage = Object::new()
        .number("prompt_tokens", usage.input())
        .number("completion_tokens", usage.output())
        .number("total_tokens", usage.input() + usage.output())
        .object(
            "prompt_tokens_details",
            Object::new().number("cached_tokens", usage.cache_read).number("audio_tokens", 0),
        )
        .object(
            "completion_tokens_details",
            Object::new()
                .number("reasoning_tokens", usage.reasoning)
                .number("audio_tokens", 0)
                .number("accepted_prediction_tokens", 0)
                .number("rejected_prediction_tokens", 0),
        )
        .close();
    Object::new()
        .text("id", &format!("chatcmpl-{:016x}", call.id))
        .text("object", "chat.completion")
        .number("created", call.start_ms / 1000)
        .text("model", call.model.served)
        .raw("choices", &format!("[{choice}]"))
        .text("service_tier", "default")
        .raw("usage", if call.outcome == Outcome::Aborted { "null" } else { &usage })
        .close()
}

fn anthropic_reply(call: &Call) -> String {
    let usage = &call.usage;
    let writes = Object::new()
        .number("ephemeral_5m_input_tokens", usage.write_5m)
        .number("ephemeral_1h_input_tokens", usage.write_1h);
    let mut counts = Object::new()
        .number("input_tokens", usage.uncached)
        .number("cache_creation_input_tokens", usage.write_5m + usage.write_1h)
        .number("cache_read_input_tokens", usage.cache_read)
        .object("cache_creation", writes)
        .number("output_tokens", usage.output());
    if usage.reasoning > 0 {
        counts = counts.object("output_tokens_details", Object::new().number("thinking_tokens", usage.reasoning));
    }
    let counts = counts.text("service_tier", "standard").close();
    let is_aborted = call.outcome == Outcome::Aborted;
    Object::new()
        .text("id", &format!("msg_01{:016x}", call.id))
        .text("type", "message")
        .text("role", "assistant")
        .text("model", call.model.served)
        .known("stop_reason", if is_aborted { "" } else { "end_turn" })
        .raw("usage", if is_aborted { "null" } else { &counts })
        .close()
}

/// Folder of a day's invocation log. One object holds the whole day; real deliveries spread over the hours.
pub fn bedrock_folder(start_ms: i64) -> String {
    let day = day_of(start_ms).format("%Y/%m/%d");
    format!("AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/us-east-1/{day}/12")
}

pub const BEDROCK_PERMISSION_CHECK: &str =
    "AWSLogs/111122223333/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check";

/// One call in Bedrock's model invocation log (Converse), bodies removed or, when `offloaded` names one, put elsewhere.
pub fn invocation(company: &Company, call: &Call, offloaded: Option<&str>) -> String {
    let workload = &company.workloads[call.workload];
    let usage = &call.usage;
    let is_failed = matches!(call.outcome, Outcome::Failed(_));
    let limits = Object::new().number("maxTokens", workload.max_output);
    let text = Object::new().text("text", &body(company)).close();
    let message = Object::new().text("role", "user").raw("content", &format!("[{text}]")).close();
    let asked = Object::new().raw("messages", &format!("[{message}]")).object("inferenceConfig", limits);
    let mut input = Object::new().text("inputContentType", "application/json");
    input = match offloaded {
        Some(path) => input.text("inputBodyS3Path", path),
        None => input.object("inputBodyJson", asked),
    };
    input = input.number("inputTokenCount", usage.uncached);
    if !is_failed {
        input = input
            .number("cacheReadInputTokenCount", usage.cache_read)
            .number("cacheWriteInputTokenCount", usage.write_5m);
    }
    let mut record = Object::new()
        .text("schemaType", "ModelInvocationLog")
        .text("schemaVersion", "1.0")
        .text("timestamp", &format!("{}Z", &stamp(call.start_ms)[..19]))
        .text("accountId", ACCOUNT)
        .object(
            "identity",
            Object::new().text("arn", &format!("arn:aws:sts::{ACCOUNT}:assumed-role/{}-task/worker", workload.id)),
        )
        .text("region", "us-east-1")
        .text("requestId", &call_uuid(call))
        .text("operation", "Converse")
        .text("modelId", call.model.requested);
    if is_failed {
        record = record.text("errorCode", "ThrottlingException");
    }
    record = record.object("input", input);
    if !is_failed {
        let counted = Object::new()
            .number("inputTokens", usage.uncached)
            .number("outputTokens", usage.output())
            .number("totalTokens", usage.input() + usage.output())
            .number("cacheReadInputTokens", usage.cache_read)
            .number("cacheWriteInputTokens", usage.write_5m);
        let answer = Object::new()
            .text("stopReason", "end_turn")
            .object("metrics", Object::new().number("latencyMs", call.latency_ms))
            .object("usage", counted);
        let output = Object::new()
            .text("outputContentType", "application/json")
            .object("outputBodyJson", answer)
            .number("outputTokenCount", usage.output());
        record = record.object("output", output);
    }
    let tags = Object::new()
        .text("workload", workload.id)
        .text("app", workload.id)
        .text("team", workload.team)
        .text("env", "prod")
        .text("prompt_id", &format!("{}-main", workload.id))
        .text("prompt_version", "3");
    record.object("requestMetadata", tags).close()
}
