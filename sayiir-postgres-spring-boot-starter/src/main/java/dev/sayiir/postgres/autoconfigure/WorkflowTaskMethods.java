package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskHandler;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;

/** Finds the methods of beans that are marked with {@link WorkflowTask}. Only beans that have one are made for it. */
final class WorkflowTaskMethods {

    private WorkflowTaskMethods() {}

    /** @param failures for what the methods themselves do not say */
    static List<TaskHandler<?>> in(ConfigurableListableBeanFactory beans, FailurePolicy failures) {
        List<TaskHandler<?>> handlers = new ArrayList<>();
        for (String name : beans.getBeanDefinitionNames()) {
            Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
            if (type != null && AnnotationUtils.isCandidateClass(type, WorkflowTask.class)) {
                marked(type)
                        .forEach((method, task) -> handlers.add(handler(beans.getBean(name), method, task, failures)));
            }
        }
        return handlers;
    }

    private static Map<Method, WorkflowTask> marked(Class<?> type) {
        MethodIntrospector.MetadataLookup<WorkflowTask> lookup = WorkflowTaskMethods::mark;
        return MethodIntrospector.selectMethods(type, lookup);
    }

    private static @Nullable WorkflowTask mark(Method method) {
        return AnnotatedElementUtils.findMergedAnnotation(method, WorkflowTask.class);
    }

    private static TaskHandler<?> handler(Object bean, Method method, WorkflowTask task, FailurePolicy failures) {
        return new MethodHandler(bean, AopUtils.selectInvocableMethod(method, bean.getClass()), task, failures);
    }
}
