GRANT USAGE ON SCHEMA sayiir TO shop;
GRANT SELECT, INSERT, UPDATE, DELETE ON sayiir.sayiir_workflows TO shop;
GRANT SELECT, INSERT, UPDATE, DELETE ON sayiir.sayiir_task_claims TO shop;
GRANT SELECT, INSERT, UPDATE, DELETE ON sayiir.sayiir_workflow_tasks TO shop;
GRANT SELECT, INSERT, UPDATE, DELETE ON sayiir.sayiir_workflow_events TO shop;
GRANT SELECT, INSERT, DELETE ON sayiir.sayiir_workflow_history TO shop;
GRANT SELECT, INSERT, UPDATE, DELETE ON sayiir.sayiir_workflow_counts TO shop;
GRANT USAGE ON SEQUENCE sayiir.sayiir_claim_token TO shop;
