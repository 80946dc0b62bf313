-- One call in the RequestResponse diagnostic log of an Azure OpenAI resource: times and sizes in bytes, no tokens.
--
-- docs:          https://learn.microsoft.com/azure/ai-foundry/openai/how-to/monitor-openai
-- status:        documented
-- recognised_by: category = 'RequestResponse' and "resourceId" ilike '%/microsoft.cognitiveservices/%'
-- objects:       (?i)/microsoft\.cognitiveservices/accounts/.*\.json(\.(gz|zst))?$
-- unusable:      this log has neither tokens nor bodies; use the GatewayLlmLogs of API Management (azure_apim), the log
--                of another gateway, or what the application logs around the response (openai_envelope)
create external table azure_openai (
    "time" timestamp with time zone not null, -- end of the call
    category varchar, -- RequestResponse; the fields of AzureOpenAIRequestUsage are not known
    "resourceId" varchar,
    "operationName" varchar,
    "correlationId" varchar,
    "durationMs" bigint,
    "resultSignature" varchar, -- HTTP status
    properties struct< -- object, or JSON text
        "modelDeploymentName" varchar,
        "modelName" varchar,
        "modelVersion" varchar
    >
)
stored as json
location 'sample_data/formats/azure_openai/';
