package dev.sayiir.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextTableTest {

    @Test
    void columns_are_as_wide_as_their_widest_cell_and_numbers_are_set_to_the_right() {
        TextTable table = new TextTable("Customer", " Cups").row("Þóra", 7).row("Marta Lindqvist", 12345);

        assertThat(table.lines())
                .containsExactly(
                        "  Customer          Cups",
                        "  ---------------  -----",
                        "  Þóra                 7",
                        "  Marta Lindqvist  12345");
    }

    @Test
    void a_row_has_a_cell_for_every_column() {
        assertThatThrownBy(() -> new TextTable("One").row("a", "b")).isInstanceOf(IllegalArgumentException.class);
    }
}
