package dev.sayiir.benchmarks;

import dev.sayiir.postgres.NotifyMode;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The stores that workloads are run on: empty ones, and others with much in them, each in a schema of its own. */
final class Variations implements AutoCloseable {

    private final Database database;
    private final List<Variation> all = new ArrayList<>();

    private Variations(Database database) {
        this.database = database;
    }

    /**
     * Makes and fills them, which takes a few minutes for a million finished instances.
     *
     * @param finished how many finished instances each has
     * @param parked how many waiting instances each further one has
     */
    static Variations prepare(
            Database database, NotifyMode mode, List<Integer> finished, List<Integer> parked, PrintStream progress)
            throws SQLException {
        Variations variations = new Variations(database);
        try {
            boolean compared = !finished.isEmpty() || !parked.isEmpty();
            Target plain = Target.of(database, mode);
            // Where others have to be left as they are, this one is treated alike.
            variations.all.add(new Variation("", plain, compared));
            plain.empty();
            for (int count : finished) {
                Target target = variations.add(plain, "finished-" + count);
                Content content = new Content(target, progress);
                content.addFinished(count);
                content.settle();
            }
            for (int count : parked) {
                Target target = variations.add(plain, "parked-" + count);
                Content content = new Content(target, progress);
                content.addParked(count);
                content.settle();
            }
            return variations;
        } catch (SQLException | RuntimeException e) {
            variations.close();
            throw e;
        }
    }

    private Target add(Target plain, String what) throws SQLException {
        Target target = plain.inSchema(Target.SCHEMA + "_" + what.replace('-', '_'));
        all.add(new Variation("@" + what, target, true));
        target.empty();
        return target;
    }

    List<Variation> all() {
        return List.copyOf(all);
    }

    /** The same under other names. */
    List<Variation> also(String suffix) {
        return all.stream().map(variation -> variation.also(suffix)).toList();
    }

    /** Drops all that the benchmarks have made. */
    @Override
    public void close() throws SQLException {
        for (Variation variation : all) {
            variation.target().drop();
            variation.target().close();
        }
        database.execute("DROP SCHEMA IF EXISTS " + Floor.SCHEMA + " CASCADE");
    }
}
