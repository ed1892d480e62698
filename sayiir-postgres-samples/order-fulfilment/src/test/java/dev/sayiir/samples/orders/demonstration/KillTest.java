package dev.sayiir.samples.orders.demonstration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.samples.orders.OrderIds;
import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A bad deploy, and then a minute of orders, done by three worker processes of which one is killed again and again, while the
 * connections to the database are cut and the database server is killed in the middle.
 */
@Tag("slow")
class KillTest {

    private static final Options OPTIONS = new Options(
            false, false, 3, 60, Duration.ofSeconds(3), true, Optional.of(Duration.ofSeconds(8)), List.of());

    @TempDir
    private Path directory;

    @Test
    @Timeout(300)
    void no_order_is_lost_stuck_or_done_twice_whoever_is_killed() throws Exception {
        try (EmbeddedDatabase database = new EmbeddedDatabase(directory).start()) {
            Run run = Run.begin(Path.of("target", "kill-test"));
            Console console = new Console(System.out);
            Audit audit = new Demonstration(OPTIONS, DatabaseSettings.of(database), Optional.of(database), run, console)
                    .run()
                    .orElseThrow();

            Report.print(audit, console);
            assertThat(audit.problems()).isEmpty();
            assertThat(audit.accepted()).hasSizeGreaterThan(50);
            assertThat(audit.shipped() + audit.declined())
                    .isEqualTo(audit.accepted().size());
            assertThat(audit.blocks()).isEqualTo(new BlockCounts(BadDeploy.ORDERS, BadDeploy.ORDERS));
            assertThat(audit.faults().kills()).isGreaterThanOrEqualTo(3);
            assertThat(audit.faults().takeovers()).isPositive();
            assertThat(audit.faults().serverKills()).isOne();
            assertThat(audit.faults().cuts()).isPositive();
            try (PostgresBackend backend =
                    PostgresBackend.connect(database.url(), EmbeddedDatabase.USERNAME, EmbeddedDatabase.PASSWORD)) {
                audit.accepted().forEach(order -> assertCommittedOnce(order, backend));
            }
        }
    }

    /** Once more, by the library's own history instead of the audit's SQL. */
    private static void assertCommittedOnce(String order, SnapshotHistory history) {
        List<HistoryEntry> checkpoints = history.listVersions(OrderIds.instanceId(order), 0, 100);

        assertThat(checkpoints).last().extracting(HistoryEntry::status).isEqualTo(WorkflowStatus.COMPLETED);
        assertThat(checkpoints)
                .as(order)
                .extracting(HistoryEntry::version)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, checkpoints.size()).boxed().toList());
        assertThat(checkpoints.stream().flatMap(checkpoint -> checkpoint.completedTaskIds().stream()))
                .as(order)
                .doesNotHaveDuplicates()
                .contains("receive", "reserve-stock", "charge-payment", "book-payment", "print-label", "pack", "check")
                .containsAnyOf("ship", "decline");
    }
}
