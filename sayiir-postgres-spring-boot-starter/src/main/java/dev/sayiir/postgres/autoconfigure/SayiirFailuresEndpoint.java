package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.FailureGroup;
import dev.sayiir.postgres.PostgresBackend;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/** Groups what has failed by what the errors have in common. */
@WebEndpoint(id = "sayiirfailures", defaultAccess = Access.READ_ONLY)
final class SayiirFailuresEndpoint {

    private static final int GROUPS = 20;

    private final PostgresBackend backend;

    SayiirFailuresEndpoint(PostgresBackend backend) {
        this.backend = backend;
    }

    /** The largest groups, 20 unless the limit says otherwise. */
    @ReadOperation
    Map<String, List<FailureGroup>> group(@Nullable String workflow, @Nullable Integer limit) {
        int groups = limit == null ? GROUPS : limit;
        return EndpointRequests.answer(
                () -> Map.of("failures", backend.failuresByFingerprint(Optional.ofNullable(workflow), groups)));
    }
}
