package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.ReflectionUtils;

/** Calls a method that is marked with {@link WorkflowTask}. */
final class MethodHandler implements TaskHandler<Object> {

    private final Object bean;
    private final Method method;
    private final WorkflowTask task;
    private final Optional<Duration> timeout;
    private final Optional<RetryPolicy> retryPolicy;

    MethodHandler(Object bean, Method method, WorkflowTask task) {
        List<Class<?>> inputs = Arrays.stream(method.getParameterTypes())
                .filter(type -> type != TaskContext.class)
                .toList();
        if (inputs.size() > 1 || method.getReturnType() != TaskOutcome.class) {
            throw new IllegalStateException("The method " + method + " cannot do tasks '" + task.value()
                    + "'; it has to take one input, and a TaskContext if it likes, and to return a TaskOutcome");
        }
        this.bean = bean;
        this.method = method;
        this.task = task;
        this.timeout =
                Optional.of(task.timeout()).filter(text -> !text.isEmpty()).map(DurationStyle::detectAndParse);
        this.retryPolicy = Optional.of(task).filter(it -> it.maxRetries() > 0).map(MethodHandler::policy);
        ReflectionUtils.makeAccessible(method);
    }

    private static RetryPolicy policy(WorkflowTask task) {
        return new RetryPolicy(
                task.maxRetries(),
                DurationStyle.detectAndParse(task.retryDelay()),
                task.backoffMultiplier(),
                Optional.of(DurationStyle.detectAndParse(task.maxRetryDelay())));
    }

    @Override
    public String taskId() {
        return task.value();
    }

    @Override
    public Type inputType() {
        return Arrays.stream(method.getGenericParameterTypes())
                .filter(type -> type != TaskContext.class)
                .findFirst()
                .orElse(Payload.class);
    }

    @Override
    public Optional<Duration> timeout() {
        return timeout;
    }

    @Override
    public Optional<RetryPolicy> retryPolicy() {
        return retryPolicy;
    }

    @Override
    public TaskOutcome handle(Object input, TaskContext context) throws Exception {
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(type -> type == TaskContext.class ? context : input)
                .toArray();
        try {
            return (TaskOutcome) method.invoke(bean, arguments);
        } catch (InvocationTargetException e) {
            ReflectionUtils.rethrowException(e.getTargetException());
            throw new AssertionError(e);
        }
    }
}
