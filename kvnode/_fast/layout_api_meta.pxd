# cython: language_level=3
"""Where the fields of kvnode.api.meta lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *api_version_, *block_owner_deletion_, *controller_, *kind_, *name_,
        *uid_; } kvnode_api_meta_OwnerReference;
    static const kvnode_field kvnode_api_meta_OwnerReference_fields[] = { AT(kvnode_api_meta_OwnerReference,
        api_version), AT(kvnode_api_meta_OwnerReference, block_owner_deletion), AT(kvnode_api_meta_OwnerReference,
        controller), AT(kvnode_api_meta_OwnerReference, kind), AT(kvnode_api_meta_OwnerReference, name),
        AT(kvnode_api_meta_OwnerReference, uid), {0} };
    static const Py_ssize_t kvnode_api_meta_OwnerReference_size = sizeof(kvnode_api_meta_OwnerReference);
    """
    const Field *kvnode_api_meta_OwnerReference_fields
    const Py_ssize_t kvnode_api_meta_OwnerReference_size
    ctypedef class kvnode.api.meta.OwnerReference [object kvnode_api_meta_OwnerReference, check_size ignore]:
        cdef object api_version "api_version_"
        cdef object block_owner_deletion "block_owner_deletion_"
        cdef object controller "controller_"
        cdef object kind "kind_"
        cdef object name "name_"
        cdef object uid "uid_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *api_version_, *fields_type_, *fields_v1_, *manager_, *operation_,
        *subresource_, *time_; } kvnode_api_meta_ManagedFieldsEntry;
    static const kvnode_field kvnode_api_meta_ManagedFieldsEntry_fields[] = { AT(kvnode_api_meta_ManagedFieldsEntry,
        api_version), AT(kvnode_api_meta_ManagedFieldsEntry, fields_type), AT(kvnode_api_meta_ManagedFieldsEntry,
        fields_v1), AT(kvnode_api_meta_ManagedFieldsEntry, manager), AT(kvnode_api_meta_ManagedFieldsEntry,
        operation), AT(kvnode_api_meta_ManagedFieldsEntry, subresource), AT(kvnode_api_meta_ManagedFieldsEntry,
        time), {0} };
    static const Py_ssize_t kvnode_api_meta_ManagedFieldsEntry_size = sizeof(kvnode_api_meta_ManagedFieldsEntry);
    """
    const Field *kvnode_api_meta_ManagedFieldsEntry_fields
    const Py_ssize_t kvnode_api_meta_ManagedFieldsEntry_size
    ctypedef class kvnode.api.meta.ManagedFieldsEntry [object kvnode_api_meta_ManagedFieldsEntry, check_size ignore]:
        cdef object api_version "api_version_"
        cdef object fields_type "fields_type_"
        cdef object fields_v1 "fields_v1_"
        cdef object manager "manager_"
        cdef object operation "operation_"
        cdef object subresource "subresource_"
        cdef object time "time_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *annotations_, *creation_timestamp_, *deletion_grace_period_seconds_,
        *deletion_timestamp_, *finalizers_, *generate_name_, *generation_, *labels_, *managed_fields_, *name_,
        *namespace_, *owner_references_, *resource_version_, *self_link_, *uid_; } kvnode_api_meta_ObjectMeta;
    static const kvnode_field kvnode_api_meta_ObjectMeta_fields[] = { AT(kvnode_api_meta_ObjectMeta, annotations),
        AT(kvnode_api_meta_ObjectMeta, creation_timestamp), AT(kvnode_api_meta_ObjectMeta,
        deletion_grace_period_seconds), AT(kvnode_api_meta_ObjectMeta, deletion_timestamp),
        AT(kvnode_api_meta_ObjectMeta, finalizers), AT(kvnode_api_meta_ObjectMeta, generate_name),
        AT(kvnode_api_meta_ObjectMeta, generation), AT(kvnode_api_meta_ObjectMeta, labels),
        AT(kvnode_api_meta_ObjectMeta, managed_fields), AT(kvnode_api_meta_ObjectMeta, name),
        AT(kvnode_api_meta_ObjectMeta, namespace), AT(kvnode_api_meta_ObjectMeta, owner_references),
        AT(kvnode_api_meta_ObjectMeta, resource_version), AT(kvnode_api_meta_ObjectMeta, self_link),
        AT(kvnode_api_meta_ObjectMeta, uid), {0} };
    static const Py_ssize_t kvnode_api_meta_ObjectMeta_size = sizeof(kvnode_api_meta_ObjectMeta);
    """
    const Field *kvnode_api_meta_ObjectMeta_fields
    const Py_ssize_t kvnode_api_meta_ObjectMeta_size
    ctypedef class kvnode.api.meta.ObjectMeta [object kvnode_api_meta_ObjectMeta, check_size ignore]:
        cdef object finalizers_ "finalizers_"
        cdef object managed_fields_ "managed_fields_"
        cdef object owner_references_ "owner_references_"
        cdef object annotations "annotations_"
        cdef object creation_timestamp "creation_timestamp_"
        cdef object deletion_grace_period_seconds "deletion_grace_period_seconds_"
        cdef object deletion_timestamp "deletion_timestamp_"
        cdef object generate_name "generate_name_"
        cdef object generation "generation_"
        cdef object labels "labels_"
        cdef object name "name_"
        cdef object namespace "namespace_"
        cdef object resource_version "resource_version_"
        cdef object self_link "self_link_"
        cdef object uid "uid_"
        @property
        cdef inline tuple finalizers(self):
            return self.finalizers_
        @property
        cdef inline tuple managed_fields(self):
            return self.managed_fields_
        @property
        cdef inline tuple owner_references(self):
            return self.owner_references_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *continue__, *remaining_item_count_, *resource_version_, *self_link_; }
        kvnode_api_meta_ListMeta;
    static const kvnode_field kvnode_api_meta_ListMeta_fields[] = { AT(kvnode_api_meta_ListMeta, continue_),
        AT(kvnode_api_meta_ListMeta, remaining_item_count), AT(kvnode_api_meta_ListMeta, resource_version),
        AT(kvnode_api_meta_ListMeta, self_link), {0} };
    static const Py_ssize_t kvnode_api_meta_ListMeta_size = sizeof(kvnode_api_meta_ListMeta);
    """
    const Field *kvnode_api_meta_ListMeta_fields
    const Py_ssize_t kvnode_api_meta_ListMeta_size
    ctypedef class kvnode.api.meta.ListMeta [object kvnode_api_meta_ListMeta, check_size ignore]:
        cdef object continue_ "continue__"
        cdef object remaining_item_count "remaining_item_count_"
        cdef object resource_version "resource_version_"
        cdef object self_link "self_link_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *key_, *operator_, *values_; } kvnode_api_meta_LabelSelectorRequirement;
    static const kvnode_field kvnode_api_meta_LabelSelectorRequirement_fields[] = {
        AT(kvnode_api_meta_LabelSelectorRequirement, key), AT(kvnode_api_meta_LabelSelectorRequirement, operator),
        AT(kvnode_api_meta_LabelSelectorRequirement, values), {0} };
    static const Py_ssize_t kvnode_api_meta_LabelSelectorRequirement_size = sizeof(kvnode_api_meta_LabelSelectorRequirement);
    """
    const Field *kvnode_api_meta_LabelSelectorRequirement_fields
    const Py_ssize_t kvnode_api_meta_LabelSelectorRequirement_size
    ctypedef class kvnode.api.meta.LabelSelectorRequirement [object kvnode_api_meta_LabelSelectorRequirement, check_size ignore]:
        cdef object values_ "values_"
        cdef object key "key_"
        cdef object operator "operator_"
        @property
        cdef inline tuple values(self):
            return self.values_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *match_expressions_, *match_labels_; } kvnode_api_meta_LabelSelector;
    static const kvnode_field kvnode_api_meta_LabelSelector_fields[] = { AT(kvnode_api_meta_LabelSelector,
        match_expressions), AT(kvnode_api_meta_LabelSelector, match_labels), {0} };
    static const Py_ssize_t kvnode_api_meta_LabelSelector_size = sizeof(kvnode_api_meta_LabelSelector);
    """
    const Field *kvnode_api_meta_LabelSelector_fields
    const Py_ssize_t kvnode_api_meta_LabelSelector_size
    ctypedef class kvnode.api.meta.LabelSelector [object kvnode_api_meta_LabelSelector, check_size ignore]:
        cdef object match_expressions_ "match_expressions_"
        cdef object match_labels "match_labels_"
        @property
        cdef inline tuple match_expressions(self):
            return self.match_expressions_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *name_; } kvnode_api_meta_LocalObjectReference;
    static const kvnode_field kvnode_api_meta_LocalObjectReference_fields[] = {
        AT(kvnode_api_meta_LocalObjectReference, name), {0} };
    static const Py_ssize_t kvnode_api_meta_LocalObjectReference_size = sizeof(kvnode_api_meta_LocalObjectReference);
    """
    const Field *kvnode_api_meta_LocalObjectReference_fields
    const Py_ssize_t kvnode_api_meta_LocalObjectReference_size
    ctypedef class kvnode.api.meta.LocalObjectReference [object kvnode_api_meta_LocalObjectReference, check_size ignore]:
        cdef object name "name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *api_group_, *kind_, *name_; }
        kvnode_api_meta_TypedLocalObjectReference;
    static const kvnode_field kvnode_api_meta_TypedLocalObjectReference_fields[] = {
        AT(kvnode_api_meta_TypedLocalObjectReference, api_group), AT(kvnode_api_meta_TypedLocalObjectReference,
        kind), AT(kvnode_api_meta_TypedLocalObjectReference, name), {0} };
    static const Py_ssize_t kvnode_api_meta_TypedLocalObjectReference_size = sizeof(kvnode_api_meta_TypedLocalObjectReference);
    """
    const Field *kvnode_api_meta_TypedLocalObjectReference_fields
    const Py_ssize_t kvnode_api_meta_TypedLocalObjectReference_size
    ctypedef class kvnode.api.meta.TypedLocalObjectReference [object kvnode_api_meta_TypedLocalObjectReference, check_size ignore]:
        cdef object api_group "api_group_"
        cdef object kind "kind_"
        cdef object name "name_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *api_group_, *kind_, *name_, *namespace_; }
        kvnode_api_meta_TypedObjectReference;
    static const kvnode_field kvnode_api_meta_TypedObjectReference_fields[] = {
        AT(kvnode_api_meta_TypedObjectReference, api_group), AT(kvnode_api_meta_TypedObjectReference, kind),
        AT(kvnode_api_meta_TypedObjectReference, name), AT(kvnode_api_meta_TypedObjectReference, namespace), {0} };
    static const Py_ssize_t kvnode_api_meta_TypedObjectReference_size = sizeof(kvnode_api_meta_TypedObjectReference);
    """
    const Field *kvnode_api_meta_TypedObjectReference_fields
    const Py_ssize_t kvnode_api_meta_TypedObjectReference_size
    ctypedef class kvnode.api.meta.TypedObjectReference [object kvnode_api_meta_TypedObjectReference, check_size ignore]:
        cdef object api_group "api_group_"
        cdef object kind "kind_"
        cdef object name "name_"
        cdef object namespace "namespace_"


cdef inline int check_api_meta() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(OwnerReference, kvnode_api_meta_OwnerReference_fields, kvnode_api_meta_OwnerReference_size)
    kvnode_lies_so(ManagedFieldsEntry, kvnode_api_meta_ManagedFieldsEntry_fields, kvnode_api_meta_ManagedFieldsEntry_size)
    kvnode_lies_so(ObjectMeta, kvnode_api_meta_ObjectMeta_fields, kvnode_api_meta_ObjectMeta_size)
    kvnode_lies_so(ListMeta, kvnode_api_meta_ListMeta_fields, kvnode_api_meta_ListMeta_size)
    kvnode_lies_so(LabelSelectorRequirement, kvnode_api_meta_LabelSelectorRequirement_fields, kvnode_api_meta_LabelSelectorRequirement_size)
    kvnode_lies_so(LabelSelector, kvnode_api_meta_LabelSelector_fields, kvnode_api_meta_LabelSelector_size)
    kvnode_lies_so(LocalObjectReference, kvnode_api_meta_LocalObjectReference_fields, kvnode_api_meta_LocalObjectReference_size)
    kvnode_lies_so(TypedLocalObjectReference, kvnode_api_meta_TypedLocalObjectReference_fields, kvnode_api_meta_TypedLocalObjectReference_size)
    kvnode_lies_so(TypedObjectReference, kvnode_api_meta_TypedObjectReference_fields, kvnode_api_meta_TypedObjectReference_size)
    return 0
