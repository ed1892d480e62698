package dev.sayiir.benchmarks;

import dev.sayiir.benchmarks.Results.Series;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The results as a table: a row for each workload, with the medians of its rounds. */
final class TextReport {

    private final List<List<String>> rows = new ArrayList<>();

    private TextReport() {}

    static String of(Results results) {
        TextReport table = new TextReport();
        table.rows.add(titles());
        for (Series series : results.series()) {
            table.rows.add(row(results, series));
        }
        return table.text();
    }

    private static List<String> titles() {
        List<String> titles =
                new ArrayList<>(List.of("workload", "unit", "/s", "min", "max", "x minimal", "x same", "x other"));
        for (Metric metric : Metric.values()) {
            if (metric != Metric.PER_SECOND) {
                titles.add(metric.title());
            }
        }
        return titles;
    }

    private static List<String> row(Results results, Series series) {
        Spread rate = series.spread(Metric.PER_SECOND);
        List<String> row = new ArrayList<>(List.of(
                series.name(),
                series.unit(),
                Metric.PER_SECOND.text(rate.median()),
                Metric.PER_SECOND.text(rate.min()),
                Metric.PER_SECOND.text(rate.max()),
                ratio(results.ratio(series, MinimalFloor.NAME)),
                ratio(results.ratio(series, SameWritesFloor.NAME)),
                ratio(results.ratio(series, series.comparedWith()))));
        for (Metric metric : Metric.values()) {
            if (metric != Metric.PER_SECOND) {
                row.add(metric.text(series.spread(metric).median()));
            }
        }
        return row;
    }

    private static String ratio(Optional<Spread> ratio) {
        return ratio.map(spread -> String.format(Locale.ROOT, "%.2f", spread.median()))
                .orElse("-");
    }

    /** Names to the left, numbers to the right. */
    private String text() {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                String cell = row.get(column);
                String space = " ".repeat(width(column) - cell.length());
                line.append(column < 2 ? cell + space : space + cell).append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private int width(int column) {
        return Collections.max(
                rows.stream().map(row -> row.get(column).length()).toList());
    }
}
