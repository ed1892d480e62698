package dev.sayiir.postgres.test;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.SmartLifecycle;

/** The application's worker, which starts when the test says so and not with the context. Each start makes a new one. */
final class DrivenWorker implements SmartLifecycle {

    static final String BEAN_NAME = "sayiirTaskWorker";

    private final SmartLifecycle worker;

    private DrivenWorker(SmartLifecycle worker) {
        this.worker = worker;
    }

    static BeanPostProcessor postProcessor() {
        return new BeanPostProcessor() {

            @Override
            public Object postProcessAfterInitialization(Object bean, String beanName) {
                return beanName.equals(BEAN_NAME) && bean instanceof SmartLifecycle worker
                        ? new DrivenWorker(worker)
                        : bean;
            }
        };
    }

    @Override
    public boolean isAutoStartup() {
        return false;
    }

    @Override
    public void start() {
        worker.start();
    }

    @Override
    public void stop() {
        worker.stop();
    }

    @Override
    public boolean isRunning() {
        return worker.isRunning();
    }

    @Override
    public int getPhase() {
        return worker.getPhase();
    }
}
