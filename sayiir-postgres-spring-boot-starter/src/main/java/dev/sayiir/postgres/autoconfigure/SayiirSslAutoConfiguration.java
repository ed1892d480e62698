package dev.sayiir.postgres.autoconfigure;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of what a {@link SslBundleSocketFactory} needs. Whatever else there is
 * of the starter: the application's own DataSource may use that class.
 */
@AutoConfiguration
public final class SayiirSslAutoConfiguration {

    @Bean
    static ContextSslBundles sayiirContextSslBundles(ObjectProvider<SslBundles> bundles) {
        return new ContextSslBundles(bundles);
    }
}
