package dev.sayiir.postgres.autoconfigure;

import javax.sql.DataSource;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/** In which DataSource workflows are kept: the own pool, else the marked one, else the application's only or primary one. */
final class DataSourceChoice {

    private DataSourceChoice() {}

    static DataSource of(
            ObjectProvider<DataSource> own, ObjectProvider<DataSource> marked, ObjectProvider<DataSource> application) {
        DataSource pool = own.getIfAvailable();
        return pool == null ? marked(marked, application) : pool;
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
