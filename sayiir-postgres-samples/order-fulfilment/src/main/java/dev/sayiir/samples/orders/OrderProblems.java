package dev.sayiir.samples.orders;

import dev.sayiir.persistence.SignalRefusedException;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.TerminalStateException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.validation.FieldError;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.method.annotation.HandlerMethodValidationException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/** Tells callers what was wrong, as problem details (RFC 9457). */
@RestControllerAdvice
class OrderProblems extends ResponseEntityExceptionHandler {

    @ExceptionHandler
    ProblemDetail notFound(SnapshotNotFoundException e) {
        return problem(HttpStatus.NOT_FOUND, "There is no such order");
    }

    @ExceptionHandler
    ProblemDetail exists(OrderExistsException e) {
        return problem(HttpStatus.CONFLICT, String.valueOf(e.getMessage()));
    }

    @ExceptionHandler({SignalRefusedException.class, TerminalStateException.class})
    ProblemDetail finished() {
        return problem(HttpStatus.CONFLICT, "The order is finished: that is not possible any more");
    }

    /** PostgreSQL takes no zero byte in a text. */
    @ExceptionHandler
    ProblemDetail cannotBeStored(DataIntegrityViolationException e) {
        return problem(HttpStatus.BAD_REQUEST, "The order has a text in it that cannot be stored");
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Stream<String> errors = e.getBindingResult().getFieldErrors().stream()
                .map(error -> error.getField() + " " + error.getDefaultMessage());
        return handleExceptionInternal(e, withDetail(e.getBody(), errors), headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHandlerMethodValidationException(
            HandlerMethodValidationException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        Stream<String> errors = e.getParameterValidationResults().stream()
                .flatMap(parameter -> parameter.getResolvableErrors().stream().map(error -> {
                    String name = error instanceof FieldError field
                            ? field.getField()
                            : parameter.getMethodParameter().getParameterName();
                    return name + " " + error.getDefaultMessage();
                }));
        return handleExceptionInternal(e, withDetail(e.getBody(), errors), headers, status, request);
    }

    private static ProblemDetail withDetail(ProblemDetail problem, Stream<String> errors) {
        problem.setDetail(errors.sorted().collect(Collectors.joining("; ")));
        return problem;
    }

    private static ProblemDetail problem(HttpStatus status, String detail) {
        return ProblemDetail.forStatusAndDetail(status, detail);
    }
}
