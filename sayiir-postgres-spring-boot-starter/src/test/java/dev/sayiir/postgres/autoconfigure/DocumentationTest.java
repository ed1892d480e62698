package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.ClassUtils;

/** The code in the documentation is code that tests compile and run, and no code for it is left out. */
class DocumentationTest {

    private static final String REGION = "(?s)// region [\\w-]+\\n(.*?)\\n *// endregion";

    /** Where tests have what the documentation shows. */
    private static final List<Path> TESTS = Docs.files(".java").stream()
            .filter(file ->
                    file.toString().contains("src" + file.getFileSystem().getSeparator() + "test"))
            .toList();

    private static final String TESTED =
            TESTS.stream().map(Docs::read).map(DocumentationTest::plain).collect(Collectors.joining("\n"));

    private static Stream<Path> pages() {
        return Stream.concat(
                Stream.of("README.md", "CONTRIBUTING.md").map(Docs.ROOT::resolve),
                Docs.files(".md").stream().filter(file -> file.startsWith(Docs.ROOT.resolve("docs"))));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void its_java_code_is_in_a_test(Path page) {
        assertThat(Docs.blocks(Docs.read(page), "java"))
                .allSatisfy(block -> assertThat(TESTED).contains(plain(withoutImports(block))));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void its_imports_are_of_classes_that_exist(Path page) {
        List<String> imports = Docs.blocks(Docs.read(page), "java").stream()
                .flatMap(block -> Stream.concat(
                        Docs.all("(?m)^import ([\\w.]+);$", block).stream(),
                        Docs.all("(?m)^import static ([\\w.]+)\\.\\w+;$", block).stream()))
                .toList();
        assertThat(imports).allMatch(DocumentationTest::exists);
    }

    @ParameterizedTest
    @MethodSource("pages")
    void it_begins_with_a_title_and_what_it_is_for(Path page) {
        assertThat(Docs.read(page)).matches("(?s)# [^\n]+\n\n[A-Z][^\n]+\n.*");
    }

    @Test
    void every_example_in_a_test_is_shown() {
        String shown = pages().flatMap(page -> Docs.blocks(Docs.read(page), "java").stream())
                .map(DocumentationTest::plain)
                .collect(Collectors.joining("\n"));
        List<String> examples = TESTS.stream()
                .filter(file -> file.getParent().endsWith("autoconfigure"))
                .flatMap(file -> Docs.all(REGION, Docs.read(file)).stream())
                .toList();
        assertThat(examples)
                .hasSizeGreaterThan(20)
                .allSatisfy(example -> assertThat(shown).contains(plain(example)));
    }

    @Test
    void the_index_lists_pages_that_exist() {
        List<String> listed = Docs.all("\\]\\(([\\w-]+\\.md)\\)", Docs.read("docs/README.md"));
        assertThat(listed).hasSizeGreaterThan(10).doesNotHaveDuplicates();
        assertThat(listed)
                .allMatch(page -> Files.exists(Docs.ROOT.resolve("docs").resolve(page)));
    }

    /** Without indentation. What is nested in a test, and so static, is not where the documentation shows it. */
    private static String plain(String code) {
        return code.lines()
                .map(String::strip)
                .collect(Collectors.joining("\n"))
                .replace("public static class", "public class");
    }

    /** Where the block is a whole file, its imports are part of the test as well. */
    private static String withoutImports(String block) {
        return block.startsWith("package ") ? block : block.replaceFirst("^(import (static )?[\\w.]+;\n+)+", "");
    }

    /** On the class path, or a class of this project, or nested in one. */
    private static boolean exists(String type) {
        ClassLoader loader = DocumentationTest.class.getClassLoader();
        return ClassUtils.isPresent(type, loader)
                || TESTS.stream().anyMatch(file -> file.endsWith(type.replace('.', '/') + ".java"))
                || Docs.files(".java").stream().anyMatch(file -> file.endsWith(type.replace('.', '/') + ".java"));
    }
}
