-- One Amazon Bedrock model invocation, as the account's invocation log in S3 has it.
--
-- docs:          https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
-- status:        documented
-- recognised_by: "schemaType" = 'ModelInvocationLog'
-- objects:       (^|/)\d{4}/\d{2}/\d{2}/\d{2}/[^/]+\.json(\.(gz|zst))?$
-- skip:          (^|/)data/|amazon-bedrock-logs-permission-check$
create external table bedrock (
    "schemaType" varchar, -- ModelInvocationLog
    "timestamp" timestamp with time zone not null, -- whole seconds
    "accountId" varchar,
    region varchar, -- where the call was made
    "inferenceRegion" varchar, -- where it ran, with cross-region inference
    "requestId" varchar not null,
    operation varchar, -- Converse, ConverseStream, InvokeModel, InvokeModelWithResponseStream
    "modelId" varchar, -- model, inference profile or any ARN
    "errorCode" varchar, -- absent on success
    identity struct<arn varchar>,
    "requestMetadata" map(varchar, varchar), -- tags of the caller
    input struct<
        "inputBodyJson" json, -- request of any shape; absent when offloaded or switched off; never selected
        "inputTokenCount" bigint, -- uncached input only
        "cacheReadInputTokenCount" bigint,
        "cacheWriteInputTokenCount" bigint
    >,
    output struct<
        "outputBodyJson" json, -- response, or the array of streamed chunks; never selected
        "outputTokenCount" bigint,
        "outputImageHeight" bigint
    >
)
stored as json
location 'sample_data/formats/bedrock/';
