package dev.sayiir.postgres.test;

import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.AfterReturningAdvice;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Has the sessions of the workflows' DataSource follow the test's clock. Only once the context is there, so that whatever sets
 * up schemas, the application's too, works on sessions as they are in production.
 */
final class ClockedDataSources implements BeanPostProcessor {

    private final ClockSchema schema = new ClockSchema();
    private volatile @Nullable DataSource clocked;
    private volatile @Nullable Object clockedTarget;

    /** Whichever DataSource it is, it stays of its class. */
    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (!(bean instanceof DataSource)) {
            return bean;
        }
        ProxyFactory proxy = new ProxyFactory(bean);
        proxy.setProxyTargetClass(!Modifier.isFinal(bean.getClass().getModifiers()));
        proxy.addAdvice((AfterReturningAdvice) (result, method, arguments, target) -> {
            if (result instanceof Connection connection && bean == clockedTarget) {
                prepare(connection);
            }
        });
        return proxy.getProxy(bean.getClass().getClassLoader());
    }

    private void prepare(Connection connection) throws Exception {
        try {
            schema.prepare(connection);
        } catch (Exception e) {
            connection.close();
            throw e;
        }
    }

    /** From now on the sessions of that DataSource follow the clock. */
    void follow(DataSource dataSource) {
        schema.setUp(dataSource);
        clocked = dataSource;
        clockedTarget = AopProxyUtils.getSingletonTarget(dataSource);
    }

    /** Nothing to do if the stores are in memory. */
    void move(Duration ahead) {
        DataSource dataSource = clocked;
        if (dataSource != null) {
            schema.move(dataSource, ahead);
        }
    }
}
