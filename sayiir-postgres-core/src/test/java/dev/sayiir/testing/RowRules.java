package dev.sayiir.testing;

import javax.sql.DataSource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.DatabasePopulatorUtils;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

/** Has the server refuse every row that breaks what holds for the rows of the library's tables. */
public final class RowRules {

    private RowRules() {}

    /** @param dataSource leads to a database whose schema {@code sayiir} has been migrated */
    public static void enforce(DataSource dataSource) {
        DatabasePopulatorUtils.execute(
                new ResourceDatabasePopulator(new ClassPathResource("row-rules.sql")), dataSource);
    }
}
