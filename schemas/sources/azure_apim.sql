-- One entry of Azure API Management's GatewayLlmLogs or GatewayLogs, as a diagnostic setting stores them.
--
-- docs:          https://learn.microsoft.com/azure/azure-monitor/reference/tables/apimanagementgatewayllmlog
-- status:        documented
-- recognised_by: category in ('GatewayLlmLogs', 'GatewayLogs')
-- objects:       (?i)/microsoft\.apimanagement/service/.*\.json(\.(gz|zst))?$
create external table azure_apim (
    "time" timestamp with time zone not null, -- start of the request
    category varchar,
    "correlationId" varchar not null, -- one request through the gateway, in both logs
    "durationMs" bigint,
    "isRequestSuccess" boolean,
    "resourceId" varchar, -- of the gateway, not of the model's account
    properties struct< -- object, or JSON text
        "requestId" varchar, -- id that the model's response bears
        "sequenceNumber" bigint, -- messages above 32 KB are split; the parts may repeat the tokens or have 0
        "operationName" varchar, -- ChatCompletions_Create, ...
        "modelName" varchar, -- empty for probes
        "deploymentName" varchar,
        "isStreamCompletion" boolean,
        "promptTokens" bigint,
        "promptCachedTokens" bigint,
        "completionTokens" bigint,
        -- GatewayLogs only
        "apimSubscriptionId" varchar, -- name of the caller's subscription
        cache varchar, -- none, miss or hit: the gateway's own cache
        "responseCode" bigint,
        "backendResponseBody" json -- where logging of bodies is on; searched for the response id, never selected
    >
)
stored as json
location 'sample_data/formats/azure_apim/';
