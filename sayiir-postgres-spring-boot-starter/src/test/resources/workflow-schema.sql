CREATE SCHEMA sayiir;
COMMENT ON SCHEMA sayiir IS 'made by the application';
