package dev.sayiir.postgres.autoconfigure;

import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.util.StringUtils;

/** In which DataSource workflows are kept: the own pool, else the marked one, else the application's only or primary one. */
final class DataSourceChoice {

    private DataSourceChoice() {}

    static DataSource of(
            SayiirPostgresProperties properties,
            ObjectProvider<DataSource> own,
            ObjectProvider<DataSource> marked,
            ObjectProvider<DataSource> application) {
        DataSource pool = own.getIfAvailable();
        if (pool != null) {
            return pool;
        }
        DataSource chosen = marked(marked, application);
        requireNoBundle(properties.ssl().bundle());
        return chosen;
    }

    /** It would change how the application itself connects. */
    private static void requireNoBundle(@Nullable String bundle) {
        if (StringUtils.hasText(bundle)) {
            throw new DataSourceSetupException(
                    OwnPoolConfiguration.BUNDLE
                            + " is set and sayiir.postgres.url is not: the bundle is for the URL's pool,"
                            + " and workflows are kept in a DataSource of the application.",
                    "Leave " + OwnPoolConfiguration.BUNDLE + " out, and let that DataSource use the bundle: set"
                            + " spring.datasource.hikari.data-source-properties.sslfactory="
                            + SslBundleSocketFactory.class.getName() + ", and beside it sslfactoryarg=" + bundle
                            + " and sslmode=verify-full.");
        }
    }

    private static DataSource marked(ObjectProvider<DataSource> marked, ObjectProvider<DataSource> application) {
        try {
            return marked.getIfAvailable(() -> single(application));
        } catch (NoUniqueBeanDefinitionException e) {
            throw new DataSourceSetupException(
                    "Several DataSources are marked with @SayiirDataSource" + names(e) + ".",
                    "Leave the mark on the one in which workflows are to be kept, or set sayiir.postgres.url.");
        }
    }

    private static DataSource single(ObjectProvider<DataSource> application) {
        try {
            DataSource single = application.getIfAvailable();
            if (single != null) {
                return single;
            }
        } catch (NoUniqueBeanDefinitionException e) {
            throw new DataSourceSetupException(
                    "There are several DataSources" + names(e)
                            + ", and it is not clear in which of them workflows are to be kept.",
                    "Mark one with @SayiirDataSource or @Primary, or set sayiir.postgres.url.");
        }
        throw new DataSourceSetupException(
                "There is no database to keep workflows in: sayiir.postgres.url is not set, and the application has no"
                        + " DataSource.",
                DataSourceSetupFailureAnalyzer.ACTION);
    }

    private static String names(NoUniqueBeanDefinitionException e) {
        return e.getBeanNamesFound() == null ? "" : " (" + String.join(", ", e.getBeanNamesFound()) + ")";
    }
}
