// Failures of a journal as exceptions of engine.errors, for every module that appends or reads.
#pragma once

#include <Python.h>

#include "engine/bindings/glue.hpp"
#include "engine/journal/failure.hpp"

namespace engine {

inline const char* error_class(Fault fault) {
    switch (fault) {
        case Fault::FULL:
            return "JournalFullError";
        case Fault::LOCKED:
            return "JournalLockedError";
        case Fault::BROKEN:
            return "JournalBrokenError";
        case Fault::DAMAGED:
            return "JournalDamageError";
        case Fault::FORMAT:
            return "JournalFormatError";
        case Fault::IO:
        case Fault::MISUSE:
            break;
    }
    return "JournalError";
}

// Names of files may hold any byte.
inline PyObject* text_of_path(const std::string& text) {
    return PyUnicode_DecodeFSDefaultAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}

inline void raise_failure(const JournalFailure& failure) {
    PyObject* const module = PyImport_ImportModule("engine.errors");
    if (module == nullptr) return;
    PyObject* const kind = PyObject_GetAttrString(module, error_class(failure.fault));
    Py_DECREF(module);
    if (kind == nullptr) return;
    PyObject* const error = PyObject_CallFunction(
        kind, "NNKi", text_of_path(failure.what()), text_of_path(failure.file),
        static_cast<unsigned long long>(failure.offset), failure.number);
    if (error != nullptr) PyErr_SetObject(kind, error);
    Py_XDECREF(error);
    Py_DECREF(kind);
}

// REQUIRES: called in a catch block, with the interpreter lock held.
inline void raise_journal() {
    try {
        throw;
    } catch (const JournalFailure& failure) {
        raise_failure(failure);
    } catch (...) {
        raise_python();
    }
}

}  // namespace engine
