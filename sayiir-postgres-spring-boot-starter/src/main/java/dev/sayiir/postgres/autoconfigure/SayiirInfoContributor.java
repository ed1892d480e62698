package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.BackendStatus;
import dev.sayiir.postgres.PostgresBackend;
import java.util.Map;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;

/** Says which schema of which version workflows are kept in. */
final class SayiirInfoContributor implements InfoContributor {

    private final PostgresBackend backend;

    SayiirInfoContributor(PostgresBackend backend) {
        this.backend = backend;
    }

    @Override
    public void contribute(Info.Builder builder) {
        BackendStatus status = backend.status();
        builder.withDetail(
                "sayiir",
                Map.of(
                        "schema", status.schema(),
                        "schemaVersion", status.schemaVersion().orElse("not recorded"),
                        "server", "PostgreSQL " + status.serverVersion()));
    }
}
