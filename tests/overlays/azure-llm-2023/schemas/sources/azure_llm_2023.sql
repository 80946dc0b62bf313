-- One call of Azure's 2023 traces: when it began and its two counts, nothing else.
--
-- docs:    https://github.com/Azure/AzurePublicDataset/blob/master/AzureLLMInferenceDataset2023.md
-- objects: (^|/)AzureLLMInferenceTrace_(code|conv)\.csv\.gz$
create external table azure_llm_2023 (
    "TIMESTAMP" timestamp with time zone not null, -- no zone in the file, seven decimals
    "ContextTokens" bigint not null,
    "GeneratedTokens" bigint not null
)
stored as csv
location 'data/azure-llm-2023/';
