package dev.sayiir.samples.orders;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Text in columns. A title that begins with a space belongs to a column of numbers, which are set to the right. */
final class TextTable {

    private final List<String> titles;
    private final List<List<String>> rows = new ArrayList<>();

    TextTable(String... titles) {
        this.titles = List.of(titles);
    }

    TextTable row(Object... cells) {
        if (cells.length != titles.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + titles.size() + " columns");
        }
        rows.add(List.of(cells).stream().map(Object::toString).toList());
        return this;
    }

    List<String> lines() {
        List<Integer> widths =
                IntStream.range(0, titles.size()).mapToObj(this::width).toList();
        List<String> lines = new ArrayList<>();
        lines.add(line(titles.stream().map(String::strip).toList(), widths));
        lines.add(widths.stream().map("-"::repeat).collect(Collectors.joining("  ", "  ", "")));
        rows.forEach(row -> lines.add(line(row, widths)));
        return lines;
    }

    private String line(List<String> cells, List<Integer> widths) {
        return IntStream.range(0, cells.size())
                .mapToObj(column -> cell(cells.get(column), widths.get(column), isNumeric(column)))
                .collect(Collectors.joining("  ", "  ", ""))
                .stripTrailing();
    }

    private static String cell(String text, int width, boolean numeric) {
        String space = " ".repeat(width - length(text));
        return numeric ? space + text : text + space;
    }

    private int width(int column) {
        int widest =
                rows.stream().mapToInt(row -> length(row.get(column))).max().orElse(0);
        return Math.max(widest, length(titles.get(column).strip()));
    }

    private boolean isNumeric(int column) {
        return titles.get(column).startsWith(" ");
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
