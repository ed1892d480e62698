package dev.sayiir.postgres.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.BeanCurrentlyInCreationException;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.InstantiationAwareBeanPostProcessor;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * The SSL bundles of an application context, where a {@link SslBundleSocketFactory} finds them: the driver makes those and
 * can pass them a string only. They are made before the first DataSource, which may connect as soon as it is made. From then
 * on other threads and contexts can look here, and until the last bean is destroyed that could connect.
 */
final class ContextSslBundles implements InstantiationAwareBeanPostProcessor, InitializingBean, DisposableBean {

    /** Those of the contexts of this JVM, the one that was started last first. */
    private static final List<ContextSslBundles> RUNNING = new CopyOnWriteArrayList<>();

    private static final AtomicLong STARTED = new AtomicLong();

    private final ObjectProvider<SslBundles> provider;
    private final String prefix = "context-" + STARTED.incrementAndGet() + "/";
    private volatile @Nullable SslBundles bundles;

    ContextSslBundles(ObjectProvider<SslBundles> provider) {
        this.provider = provider;
    }

    @Override
    public void afterPropertiesSet() {
        RUNNING.add(0, this);
    }

    @Override
    public @Nullable Object postProcessBeforeInstantiation(Class<?> beanClass, String beanName) {
        if (bundles == null && DataSource.class.isAssignableFrom(beanClass)) {
            try {
                bundles = provider.getIfUnique();
            } catch (BeanCreationException e) {
                if (!e.contains(BeanCurrentlyInCreationException.class)) {
                    throw e;
                }
                // They come from this DataSource, so it does without them.
                LoggerFactory.getLogger(ContextSslBundles.class)
                        .debug("{} is made before the SSL bundles, and cannot use any", beanName);
            }
        }
        return null;
    }

    @Override
    public void destroy() {
        RUNNING.remove(this);
    }

    /**
     * How the driver connects with a bundle of this context, whatever other contexts call theirs.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    Map<String, String> driverProperties(String bundle) {
        if (get(bundle).isEmpty()) {
            throw new IllegalArgumentException("There is no SSL bundle of that name; there are: " + names(List.of(this))
                    + ". Define it under spring.ssl.bundle.");
        }
        return Map.of(
                "sslmode",
                "verify-full",
                "sslfactory",
                SslBundleSocketFactory.class.getName(),
                "sslfactoryarg",
                prefix + bundle);
    }

    static SslBundle find(@Nullable String argument) {
        return RUNNING.stream()
                .flatMap(context -> context.get(argument).stream())
                .findFirst()
                .orElseThrow(() -> new DataSourceSetupException(
                        "The driver is to connect with the SSL bundle '" + argument
                                + "', as sslfactoryarg says, and there is none of that name; there are: "
                                + names(RUNNING) + ".",
                        "Define it under spring.ssl.bundle, or name another one as sslfactoryarg."));
    }

    private Optional<SslBundle> get(@Nullable String argument) {
        SslBundles known = bundles;
        if (known == null || argument == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    known.getBundle(argument.startsWith(prefix) ? argument.substring(prefix.length()) : argument));
        } catch (NoSuchSslBundleException e) {
            return Optional.empty();
        }
    }

    private static String names(List<ContextSslBundles> contexts) {
        List<String> names = contexts.stream()
                .flatMap(context -> Stream.ofNullable(context.bundles))
                .flatMap(known -> known.getBundleNames().stream())
                .distinct()
                .sorted()
                .toList();
        return names.isEmpty() ? "none" : String.join(", ", names);
    }
}
