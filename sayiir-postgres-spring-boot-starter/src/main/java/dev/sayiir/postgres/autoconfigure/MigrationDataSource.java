package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.autoconfigure.SayiirPostgresProperties.Migration;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.UnsupportedDataSourcePropertyException;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.util.StringUtils;

/**
 * Connects to migrate as another role than the stores work as. Each connection is opened for the purpose and closed after
 * it, so that none goes back into a pool with that role.
 */
final class MigrationDataSource extends DelegatingDataSource {

    private static final String PREFIX = "sayiir.postgres.migration.";

    private final @Nullable String role;

    private MigrationDataSource(DataSource target, @Nullable String role) {
        super(target);
        this.role = role;
    }

    /** The DataSource itself if nothing else is asked for. */
    static DataSource of(Migration migration, DataSource dataSource) {
        String url = migration.url();
        boolean hasUrl = StringUtils.hasText(url);
        boolean hasUser = StringUtils.hasText(migration.username());
        boolean hasRole = StringUtils.hasText(migration.role());
        if (!hasUrl && !hasUser && !hasRole) {
            return dataSource;
        }
        DataSourceBuilder<?> builder =
                hasUrl && hasUser ? DataSourceBuilder.create() : DataSourceBuilder.derivedFrom(dataSource);
        if (url != null && hasUrl) {
            builder.url(OwnPoolConfiguration.requireUsable(PREFIX, url));
        }
        if (hasUser) {
            builder.username(migration.username()).password(migration.password());
        }
        SimpleDriverDataSource target = build(builder.type(SimpleDriverDataSource.class), dataSource);
        target.setConnectionProperties(PoolDriverProperties.of(dataSource));
        return new MigrationDataSource(target, hasRole ? migration.role() : null);
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        if (role != null) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET ROLE \"" + role.replace("\"", "\"\"") + '"');
            } catch (SQLException e) {
                connection.close();
                throw new DataSourceSetupException(
                        "The role that " + PREFIX + "role names could not be taken on. " + e.getMessage(),
                        "Grant it to the role that migrates, or let " + PREFIX + "role name another one.",
                        e);
            }
        }
        return connection;
    }

    private static SimpleDriverDataSource build(
            DataSourceBuilder<SimpleDriverDataSource> builder, DataSource derivedFrom) {
        try {
            return builder.build();
        } catch (UnsupportedDataSourcePropertyException e) {
            throw new DataSourceSetupException(
                    "How to connect for the migration cannot be told from the DataSource, which is of an unknown type ("
                            + derivedFrom.getClass().getName() + ").",
                    "Set " + PREFIX + "url as well as " + PREFIX + "username and " + PREFIX + "password.");
        }
    }
}
