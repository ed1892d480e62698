package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WorkflowStatusTest {

    @ParameterizedTest
    @EnumSource(WorkflowStatus.class)
    void a_status_is_found_by_the_name_in_its_column(WorkflowStatus status) {
        assertThat(WorkflowStatus.ofText(status.text())).isEqualTo(status);
        assertThat(status).hasToString(status.text());
    }

    @Test
    void another_name_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WorkflowStatus.ofText("Dreaming"))
                .withMessageContaining("'Dreaming'");
    }

    @Test
    void completed_failed_and_cancelled_are_final() {
        assertThat(WorkflowStatus.values())
                .filteredOn(WorkflowStatus::isTerminal)
                .containsExactly(WorkflowStatus.COMPLETED, WorkflowStatus.FAILED, WorkflowStatus.CANCELLED);
    }
}
