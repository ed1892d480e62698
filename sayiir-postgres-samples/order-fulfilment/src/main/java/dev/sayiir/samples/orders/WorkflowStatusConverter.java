package dev.sayiir.samples.orders;

import dev.sayiir.workflow.WorkflowStatus;
import org.springframework.core.convert.converter.Converter;
import org.springframework.stereotype.Component;

/** Lets a status be asked for as it is shown: {@code InProgress} and not {@code IN_PROGRESS}. */
@Component
class WorkflowStatusConverter implements Converter<String, WorkflowStatus> {

    @Override
    public WorkflowStatus convert(String text) {
        return WorkflowStatus.ofText(text);
    }
}
