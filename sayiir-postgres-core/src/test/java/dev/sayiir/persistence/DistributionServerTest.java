package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** That the contract suite runs on the distribution's server as shipped; it says so where it does not. */
class DistributionServerTest {

    @Test
    void R24_the_contract_suite_runs_on_the_distributions_server_which_compiles_expensive_statements() {
        assumeTrue(
                PostgresServer.hasDistribution(),
                "The distribution's PostgreSQL is not installed, so neither the contract suite nor the test of plans has"
                        + " run on it: apt-get install postgresql");
        assertThat(Backends.all()).anyMatch(backend -> backend.name().contains("distribution"));

        try (Database database = PostgresServer.ofDistribution().orElseThrow().newDatabase()) {
            JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
            assertThat(jdbc.queryForObject("SELECT pg_jit_available()", Boolean.class))
                    .isTrue();
            assertThat(jdbc.queryForObject("SELECT current_setting('jit_above_cost')", String.class))
                    .isEqualTo("100000");
            assertThat(jdbc.queryForList("""
                            SELECT name FROM pg_settings
                            WHERE source IN ('command line', 'environment variable')
                              AND name NOT IN ('listen_addresses', 'port', 'unix_socket_directories')
                            """, String.class))
                    .as("what is not as the packages have it")
                    .isSubsetOf("data_directory", "config_file", "hba_file", "ident_file");
        }
    }
}
