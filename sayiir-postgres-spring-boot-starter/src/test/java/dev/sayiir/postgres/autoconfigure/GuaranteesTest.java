package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** docs/guarantees.md has every rule that tests are named by, and links to tests that show it. */
class GuaranteesTest {

    private static final int RULES = 31;

    /** Shown by tests that are not named by it. */
    private static final Set<Integer> SHOWN_BY_OTHER_NAMES = Set.of(22);

    private final List<String> rows = Docs.all("(?m)^(\\| R\\d+ \\|.*)$", Docs.read("docs/guarantees.md"));

    @Test
    void every_rule_is_there_once() {
        assertThat(rows)
                .extracting(GuaranteesTest::number)
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(1, RULES).boxed().toList());
    }

    @Test
    void every_test_is_named_by_a_rule_that_is_there() {
        TreeSet<Integer> named = Docs.files("Test.java").stream()
                .flatMap(test -> Docs.all("void R(\\d+)_", Docs.read(test)).stream())
                .map(Integer::valueOf)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(named).isNotEmpty().allMatch(rule -> rule >= 1 && rule <= RULES);
    }

    @Test
    void the_tests_of_a_rule_show_it() {
        TreeMap<Integer, List<String>> strangers = new TreeMap<>();
        for (String row : rows) {
            int rule = number(row);
            List<String> tests = Docs.all("\\]\\(\\.\\./([^)]+\\.java)\\)", row);
            assertThat(tests).as(row).isNotEmpty();
            List<String> others = tests.stream()
                    .filter(test -> !Docs.read(Path.of("..", test)).contains("void R" + rule + "_"))
                    .toList();
            if (!others.isEmpty() && !SHOWN_BY_OTHER_NAMES.contains(rule)) {
                strangers.put(rule, others);
            }
        }
        assertThat(strangers).isEmpty();
    }

    private static int number(String row) {
        return Integer.parseInt(Docs.all("^\\| R(\\d+) ", row).get(0));
    }
}
