package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every relative link in the documentation leads to a file that is there, and to a heading that is in it. */
class LinksTest {

    private static final Pattern LINK = Pattern.compile("\\[(?:[^\\]\\[]|\\[[^\\]]*\\])*\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *#*$");

    private static Stream<Path> pages() {
        return Docs.files(".md").stream();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void its_links_lead_somewhere(Path page) {
        assertThat(deadLinks(page, Docs.read(page))).isEmpty();
    }

    @Test
    void a_dead_link_is_found() {
        Path readme = Docs.ROOT.resolve("README.md");
        assertThat(deadLinks(readme, """
                        [no file](docs/nothing.md), [no heading](docs/reference.md#nothing), [nor here](#nothing),
                        [`code`](LICENSE), [a heading](docs/reference.md#manual-schema-setup), [outside](https://example.org)
                        """)).containsExactly("docs/nothing.md", "docs/reference.md#nothing", "#nothing");
    }

    @Test
    void headings_have_the_anchors_that_GitHub_gives_them() {
        assertThat(anchors("# `start`: what it does, and *why*\n## Again\n```\n# no heading\n```\n## Again\n"))
                .containsExactlyInAnyOrder("start-what-it-does-and-why", "again", "again-1");
    }

    private static List<String> deadLinks(Path page, String text) {
        List<String> dead = new ArrayList<>();
        for (MatchResult link : LINK.matcher(withoutCode(text)).results().toList()) {
            String target = link.group(1);
            if (!URI.create(target).isAbsolute() && !leadsSomewhere(page, text, target)) {
                dead.add(target);
            }
        }
        return dead;
    }

    private static boolean leadsSomewhere(Path page, String text, String target) {
        String[] parts = target.split("#", 2);
        Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        if (!Files.exists(file)) {
            return false;
        }
        return parts.length == 1
                || anchors(file.equals(page) ? text : Docs.read(file)).contains(parts[1]);
    }

    /** In lower case, without punctuation, with hyphens for spaces; numbered if there is another one. */
    private static Set<String> anchors(String text) {
        Map<String, Integer> seen = new HashMap<>();
        Set<String> anchors = new HashSet<>();
        for (MatchResult heading : HEADING.matcher(withoutCode(text)).results().toList()) {
            String anchor = heading.group(1)
                    .replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            int before = seen.merge(anchor, 1, Integer::sum) - 1;
            anchors.add(before == 0 ? anchor : anchor + "-" + before);
        }
        return anchors;
    }

    private static String withoutCode(String text) {
        return text.replaceAll("(?s)```.*?```", "");
    }
}
