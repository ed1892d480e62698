package dev.sayiir.codec;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.NotStarted;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSnapshotCodecTest {

    private static final String NOT_STARTED =
            "{'InProgress':{'position':'NotStarted','completed_tasks':{},'last_completed_task_id':null}}";

    private final JsonSnapshotCodec codec = new JsonSnapshotCodec();

    @Test
    void R4_missing_values_of_a_variant_are_null_and_those_of_the_snapshot_are_left_out() {
        assertThat(written(new WorkflowState.InProgress(new NotStarted(), CompletedTasks.none(), Optional.empty())))
                .isEqualTo(snapshot(NOT_STARTED, ",'task_priority':3"));
    }

    @Test
    void R4_a_state_is_written_field_by_field_as_Sayiir_does() {
        AtSignal wait = new AtSignal("wait-1", "paid", Optional.empty(), Optional.of("ship"));
        assertThat(written(new WorkflowState.Paused(
                        Optional.of("lunch"),
                        Optional.empty(),
                        Instant.parse("2023-11-14T22:13:20.5Z"),
                        CompletedTasks.of(Map.of("reserve", Payload.empty())),
                        wait,
                        Optional.of("reserve"))))
                .isEqualTo(snapshot(
                        "{'Paused':{'reason':'lunch','paused_by':null,'paused_at':'2023-11-14T22:13:20.500Z',"
                                + "'completed_tasks':{'reserve':{'task_id':'reserve','output':[]}},"
                                + "'position':{'AtSignal':{'signal_id':'wait-1','signal_name':'paid','wake_at':null,"
                                + "'next_task_id':'ship'}},'last_completed_task_id':'reserve'}}",
                        ",'task_priority':3"));
    }

    @ParameterizedTest
    @CsvSource({
        "2023-11-14T22:13:20Z, 2023-11-14T22:13:20Z",
        "2023-11-14T22:13:20.120Z, 2023-11-14T22:13:20.120Z",
        "2023-11-14T22:13:20.123400Z, 2023-11-14T22:13:20.123400Z",
        "2023-11-14T22:13:20.123456780Z, 2023-11-14T22:13:20.123456780Z",
        "0000-01-01T00:00:00Z, 0000-01-01T00:00:00Z",
        "2023-11-14T22:13:00Z, 2023-11-14T22:13:00Z",
    })
    void R4_times_have_as_many_digits_as_they_need(Instant time, String text) {
        assertThat(written(new WorkflowState.Cancelled(
                        Optional.empty(), Optional.empty(), time, CompletedTasks.none(), Optional.empty())))
                .contains("'cancelled_at':'" + text + "'");
    }

    @Test
    void R4_a_multiplier_is_written_as_Sayiir_writes_it() {
        RetryPolicy policy = new RetryPolicy(1, Duration.ZERO, 1.5e10f, Optional.empty());
        byte[] json = codec.encode(WorkflowSnapshot.builder("i", "v1")
                .taskRetry("a", new TaskRetry(1, policy, "e", Optional.empty(), Instant.EPOCH))
                .build());

        assertThat(new String(json, UTF_8)).contains("\"backoff_multiplier\":15000000000.0,");
    }

    @Test
    void R4_text_is_escaped_only_where_JSON_demands_it_and_in_lower_case() {
        String text = "a/b \" \\ \b\f\n\r\t \u001f \u007f ü \u2028 \ud83d\ude00 </script>";
        byte[] json = codec.encode(with(new WorkflowState.Failed(text)));
        assertThat(new String(json, UTF_8))
                .contains("\"a/b \\\" \\\\ \\b\\f\\n\\r\\t \\u001f \u007f ü \u2028 \ud83d\ude00 </script>\"");
    }

    @Test
    void a_binary_value_may_be_a_text() {
        WorkflowSnapshot read = read(snapshot("{'Completed':{'final_output':'\\u0000ü'}}", ",'initial_input':''"));

        assertThat(read.state()).isEqualTo(new WorkflowState.Completed(Payload.utf8("\u0000ü")));
        assertThat(read.initialInput()).contains(Payload.empty());
    }

    @Test
    void missing_values_are_as_good_as_null_ones() {
        WorkflowSnapshot read = read(snapshot("{'Paused':{'paused_at':'1970-01-01T00:00:00Z','completed_tasks':{},"
                + "'position':{'AtDelay':{'delay_id':'d','entered_at':'1970-01-01T00:00:00Z',"
                + "'wake_at':'1970-01-01T00:00:00Z'}}}}"));

        assertThat(read)
                .isEqualTo(read(snapshot(
                        "{'Paused':{'reason':null,'paused_by':null,'paused_at':'1970-01-01T00:00:00Z',"
                                + "'completed_tasks':{},'position':{'AtDelay':{'delay_id':'d',"
                                + "'entered_at':'1970-01-01T00:00:00Z','wake_at':'1970-01-01T00:00:00Z',"
                                + "'next_task_id':null}},'last_completed_task_id':null}}",
                        ",'initial_input':null,'task_deadline':null,'task_priority':null")));
        assertThat(read.taskPriority()).isEqualTo(TaskPriority.NORMAL);
    }

    @Test
    void unknown_fields_are_ignored_at_every_level() {
        String later = "'later':{'a':[1,{'b':null}],'state':1.5e9},";
        assertThat(read("{" + later
                        + snapshot("{'InProgress':{" + later + NOT_STARTED.substring(15))
                                .substring(1)))
                .isEqualTo(read(snapshot(NOT_STARTED)));
    }

    @Test
    void a_time_may_have_any_offset() {
        assertThat(read(cancelledAt("2023-11-15T00:13:20.25+02:00")).state())
                .isEqualTo(read(cancelledAt("2023-11-14T22:13:20.250Z")).state());
    }

    @Test
    void max_attempts_is_the_older_name_of_max_retries() {
        assertThat(read(retry("'max_attempts':7", "")).taskRetries())
                .isEqualTo(read(retry("'max_retries':7", ",'max_delay':null")).taskRetries());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{}| | at state| variant is needed",
                "{'Completed':{'final_output':[]},'Failed':{'error':'x'}}| | at state.Failed| more than one variant",
                "{'Dreaming':{}}| | at state.*| variant is unknown",
                "'Completed'| | at state| an object is needed, and there is a text",
                "{'Completed':[]}| | at state.Completed| an object is needed, and there is an array",
                "{'Completed':{}}| | at state.Completed| final_output is missing",
                "{'Completed':{'final_output':null}}| | .final_output| an array of bytes is needed, and there is null",
                "{'Completed':{'final_output':[256]}}| | .final_output[]| out of its range",
                "{'Completed':{'final_output':[-1]}}| | .final_output[]| out of its range",
                "{'Completed':{'final_output':[1.0]}}| | .final_output[]| a byte is needed, and there is a fraction",
                "{'Completed':{'final_output':[99999999999]}}| | .final_output[]| out of range",
                "{'Completed':{'final_output':'\\ud800'}}| | .final_output| half a surrogate pair",
                "{'Failed':{'error':'\\u0000'}}| | at state.Failed| not storable",
                "{'Failed':{'error':'a','error':'a'}}| | at state.Failed.error| twice",
                "{'InProgress':{'position':'AtTask','completed_tasks':{}}}| | .position| variant is unknown",
                "{'InProgress':{'position':{'AtTask':{'task_id':''}}}}| | .position.AtTask| an id is empty",
                "{'InProgress':{'position':{'InLoop':{'loop_id':'l','iteration':-1}}}}| | .iteration| negative",
                "{'InProgress':{'position':{'InLoop':{'loop_id':'l','iteration':4294967296}}}}| | .iteration| greater",
                "{'InProgress':{'completed_tasks':{'a':{'task_id':'b','output':[]}}}}| | .completed_tasks.*| another task",
                "{'InProgress':{'completed_tasks':{'a':{'task_id':'a'}}}}| | .completed_tasks.*| output is missing",
                "{'Failed':{'error':'x'}}|,'created_at':1| at created_at| twice",
                "{'Failed':{'error':'x'}}|,'task_priority':0| at task_priority| out of range",
                "{'Failed':{'error':'x'}}|,'task_priority':6| at task_priority| out of range",
                "{'Failed':{'error':'x'}}|,'task_priority':'3'| at task_priority| there is a text",
                "{'Failed':{'error':'x'}}|,'task_tags':{}| at task_tags| an array is needed, and there is an object",
                "{'Failed':{'error':'x'}}|,'task_tags':['a',null]| at task_tags[]| there is null",
                "{'Failed':{'error':'x'}}|,'task_tags':['']| (byte 122)| an id is empty",
                "{'Failed':{'error':'x'}}|,'loop_iterations':{'a':1,'a':2}| at loop_iterations.*| twice",
                "{'Failed':{'error':'x'}}|,'task_deadline':{}| at task_deadline| task_id is missing",
                "{'Failed':{'error':'x'}}|,'task_retries':[]| at task_retries| an object is needed",
            })
    void R3_a_wrong_value_is_refused_with_its_place(String state, String more, String place, String reason) {
        assertThatThrownBy(() -> read(snapshot(state, more == null ? "" : more)))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasNoCause()
                .hasMessageContainingAll("not readable as JSON", place, reason, "go back to an earlier version");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'max_retries':1,'max_attempts':1",
                "'max_retries':1,'backoff_multiplier':1",
                "'max_retries':1.5",
                "'max_retries':1,'max_delay':{'secs':9223372036854775808,'nanos':0}",
                "'max_retries':1,'max_delay':{'secs':9223372036854775807,'nanos':1000000000}",
                "'max_retries':1,'max_delay':{'secs':1}",
            })
    void R3_a_wrong_retry_policy_is_refused(String fields) {
        assertThatThrownBy(() -> read(retry(fields, ""))).isInstanceOf(SnapshotSerializationException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2023-11-14",
                "2023-11-14T22:13:20",
                "10000-01-01T00:00:00Z",
                "+10000-01-01T00:00:00Z",
                "-0001-01-01T00:00:00Z",
                "2023-02-29T00:00:00Z",
                "0000-01-01T00:00:00+01:00",
                "now",
                ""
            })
    void R3_a_wrong_time_is_refused(String time) {
        assertThatThrownBy(() -> read(cancelledAt(time)))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContaining("at state.Cancelled");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "Infinity", "1e39", "-1", "1e999999999", "'2'", "null", "01"})
    void R3_a_wrong_multiplier_is_refused(String multiplier) {
        String policy =
                retry("'max_retries':1", "").replace("'backoff_multiplier':2.0", "'backoff_multiplier':" + multiplier);
        assertThatThrownBy(() -> read(policy)).isInstanceOf(SnapshotSerializationException.class);
    }

    @Test
    void R3_a_multiplier_that_is_no_number_is_refused_by_what_it_is() {
        String policy = retry("'max_retries':1", "").replace("'backoff_multiplier':2.0", "'backoff_multiplier':'2'");
        assertThatThrownBy(() -> read(policy)).hasMessageContaining("a number is needed, and there is a text");
    }

    @Test
    void R3_a_time_that_no_Instant_holds_is_refused_without_its_value() {
        String json = snapshot(NOT_STARTED).replace("'created_at':1", "'created_at':" + Long.MAX_VALUE);
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContainingAll("at created_at", "a value is out of range")
                .hasCauseInstanceOf(WithoutMessage.class)
                .hasRootCauseMessage("java.time.DateTimeException");
    }

    @Test
    void R3_other_encodings_than_UTF_8_are_refused() {
        String json = snapshot(NOT_STARTED).replace('\'', '"');
        assertThatThrownBy(() -> codec.decode(json.getBytes(UTF_16BE)))
                .isInstanceOf(SnapshotSerializationException.class);
    }

    private static String snapshot(String state) {
        return snapshot(state, "");
    }

    private static String snapshot(String state, String more) {
        return "{'instance_id':'i','definition_hash':'v1','state':" + state + ",'created_at':1,'updated_at':2" + more
                + "}";
    }

    private static String cancelledAt(String time) {
        return snapshot("{'Cancelled':{'cancelled_at':'" + time + "','completed_tasks':{}}}");
    }

    private static String retry(String policyFields, String morePolicyFields) {
        return snapshot(
                NOT_STARTED,
                ",'task_retries':{'a':{'attempts':1,'policy':{" + policyFields
                        + ",'initial_delay':{'secs':1,'nanos':0},'backoff_multiplier':2.0" + morePolicyFields
                        + "},'last_error':'e','next_retry_at':'1970-01-01T00:00:00Z'}}");
    }

    private WorkflowSnapshot read(String json) {
        return codec.decode(json.replace('\'', '"').getBytes(UTF_8));
    }

    private String written(WorkflowState state) {
        return new String(codec.encode(with(state)), UTF_8).replace('"', '\'');
    }

    private static WorkflowSnapshot with(WorkflowState state) {
        return WorkflowSnapshot.builder("i", "v1")
                .state(state)
                .createdAt(Instant.ofEpochSecond(1))
                .updatedAt(Instant.ofEpochSecond(2))
                .build();
    }
}
